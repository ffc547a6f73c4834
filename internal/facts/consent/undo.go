package consent

import (
	"context"
	"encoding/json"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Undo removes the consents that an import recorded for some customers, within the caller's transaction, and names those who have others.
func (s *Service) Undo(ctx context.Context, tx *sqldb.Tx, people []id.ID, importID id.ID) (map[id.ID]bool, error) {
	others := map[id.ID]bool{}
	var gone []Consent
	var touched []id.ID
	for _, c := range people {
		all, err := selectAll(ctx, tx, c)
		if err != nil {
			return nil, err
		}
		n := len(gone)
		for _, x := range all {
			var proof struct {
				ImportID string `json:"import_id"`
			}
			if json.Unmarshal(x.Proof, &proof) == nil && proof.ImportID == importID.String() {
				gone = append(gone, x)
			} else {
				others[c] = true
			}
		}
		if len(gone) > n {
			touched = append(touched, c)
		}
	}
	if len(gone) == 0 {
		return others, nil
	}
	if err := remove(ctx, tx, gone); err != nil {
		return nil, err
	}
	return others, s.announce(ctx, tx, touched)
}
