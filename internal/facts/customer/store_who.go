package customer

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Who is a living customer by what names him.
type Who struct {
	ID, ShopID        id.ID
	ExternalID, Email string
}

// Who finds the living customer that an id stands for: himself, or who took him in. Meant for other features' writes; it asks nobody's permission.
func (s *Service) Who(ctx context.Context, q sqldb.Q, c id.ID) (Who, bool, error) {
	for range 8 { // a tombstone points at a living customer in one step; more are a fault that must not turn in circles
		var w Who
		var into id.ID
		err := q.Row(ctx, `SELECT customer_id, shop_id, external_id, email, merged_into FROM customers WHERE customer_id = $1`, int64(c)).
			Scan(&w.ID, &w.ShopID, &w.ExternalID, &w.Email, &into)
		if errors.Is(err, sqldb.ErrNoRows) {
			return Who{}, false, nil
		}
		if err != nil {
			return Who{}, false, fmt.Errorf("select who a customer is: %w", err)
		}
		if into == 0 {
			return w, true, nil
		}
		c = into
	}
	return Who{}, false, nil
}
