package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const importColumns = `import_id, kind, name, file_hash, mapping, shop_id, source_id, currency, zone, dry_run, status, position, line, total_bytes,
	rows_read, units, created, updated, unchanged, refused, error_bytes, message, user_id, speaks_at, created_at, started_at, updated_at, notes`

func scanImport(row interface{ Scan(...any) error }) (Import, error) {
	var i Import
	var mapping sqldb.JSON
	var notes sqldb.RawJSON
	err := row.Scan(&i.ID, &i.Kind, &i.Name, &i.FileHash, &mapping, &i.ShopID, &i.SourceID, &i.Currency, &i.Zone, &i.DryRun, &i.Status, &i.Position,
		&i.Line, &i.TotalBytes, &i.Rows, &i.Units, &i.Created, &i.Updated, &i.Unchanged, &i.Refused, &i.ErrorBytes, &i.Message, &i.UserID, &i.SpeaksAt,
		&i.CreatedAt, &i.StartedAt, &i.UpdatedAt, &notes)
	if err == nil {
		err = json.Unmarshal(notes, &i.Notes)
	}
	i.Mapping = map[string]string{}
	for k, v := range mapping {
		if s, ok := v.(string); ok {
			i.Mapping[k] = s
		}
	}
	return i, err
}

func mappingJSON(m map[string]string) sqldb.JSON {
	out := sqldb.JSON{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// text gives the notes as they are stored.
func (n *Notes) text() string {
	b, _ := json.Marshal(n) // maps of texts and numbers never fail
	return string(b)
}

func insertImport(ctx context.Context, q sqldb.Q, i *Import) error {
	mapping := mappingJSON(i.Mapping)
	if _, err := q.Exec(ctx, `INSERT INTO imports (`+importColumns+`) VALUES (`+sqldb.Marks(1, 28)+`)`, int64(i.ID), string(i.Kind), i.Name, i.FileHash,
		mapping, int64(i.ShopID), int64(i.SourceID), i.Currency, i.Zone, i.DryRun, i.Status, i.Position, i.Line, i.TotalBytes, i.Rows, i.Units,
		i.Created, i.Updated, i.Unchanged, i.Refused, i.ErrorBytes, i.Message, int64(i.UserID), i.SpeaksAt, i.CreatedAt, i.StartedAt, i.UpdatedAt, i.Notes.text()); err != nil {
		return fmt.Errorf("insert import: %w", err)
	}
	return nil
}

func selectImport(ctx context.Context, q sqldb.Q, which id.ID) (Import, bool, error) {
	i, err := scanImport(q.Row(ctx, `SELECT `+importColumns+` FROM imports WHERE import_id = $1`, int64(which)))
	if errors.Is(err, sqldb.ErrNoRows) {
		return i, false, nil
	}
	if err != nil {
		return i, false, fmt.Errorf("select import: %w", err)
	}
	return i, true, nil
}

func readImports(ctx context.Context, q sqldb.Q, query string, args ...any) ([]Import, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Import
	for rows.Next() {
		i, err := scanImport(rows)
		if err != nil {
			return nil, fmt.Errorf("scan import: %w", err)
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

func selectImports(ctx context.Context, q sqldb.Q, before id.ID, limit int) ([]Import, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return readImports(ctx, q, `SELECT `+importColumns+` FROM imports WHERE import_id < $1 ORDER BY import_id DESC LIMIT $2`, int64(before), int64(limit))
}

// selectWork gives imports that are to be run, the oldest first.
func selectWork(ctx context.Context, q sqldb.Q) ([]Import, error) {
	return readImports(ctx, q, `SELECT `+importColumns+` FROM imports WHERE status IN ('waiting', 'running', 'undoing') ORDER BY import_id`)
}

// turn keeps imports from starting at the same time.
const turn = 7205759403792793603

// selectSpeaksAt gives as of when the same file spoke the first time; 0 where it is new.
func selectSpeaksAt(ctx context.Context, q sqldb.Q, i *Import) (int64, error) {
	var at int64
	err := q.Row(ctx, `SELECT COALESCE(MIN(speaks_at), 0) FROM imports WHERE file_hash = $1 AND kind = $2 AND shop_id = $3 AND NOT dry_run AND status NOT IN ('draft', 'undone')`,
		i.FileHash, string(i.Kind), int64(i.ShopID)).Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("select first import of a file: %w", err)
	}
	return at, nil
}

// updateProgress keeps how far a running import is; false where it runs no more.
func updateProgress(ctx context.Context, q sqldb.Q, i *Import) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE imports SET position = $2, line = $3, rows_read = $4, units = $5, created = $6, updated = $7, unchanged = $8,
		refused = $9, error_bytes = $10, status = $11, message = $12, updated_at = $13, started_at = $14, notes = $15 WHERE import_id = $1 AND status = 'running'`,
		int64(i.ID), i.Position, i.Line, i.Rows, i.Units, i.Created, i.Updated, i.Unchanged, i.Refused, i.ErrorBytes, i.Status, i.Message, i.UpdatedAt, i.StartedAt, i.Notes.text())
	if err != nil {
		return false, fmt.Errorf("update import: %w", err)
	}
	return n == 1, nil
}

// updateStatus moves an import from one of some states to another; false where it is in none of them.
func updateStatus(ctx context.Context, q sqldb.Q, which id.ID, to, message string, now int64, from ...string) (bool, error) {
	args := append([]any{int64(which), to, message, now}, sqldb.Args(from)...)
	n, err := q.Exec(ctx, `UPDATE imports SET status = $2, message = $3, updated_at = $4 WHERE import_id = $1 AND status IN (`+sqldb.Marks(5, len(from))+`)`, args...)
	if err != nil {
		return false, fmt.Errorf("update state of import: %w", err)
	}
	return n == 1, nil
}

// updateDraft keeps what was said about a draft; false where it is none any more.
func updateDraft(ctx context.Context, q sqldb.Q, i *Import) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE imports SET kind = $2, mapping = $3, currency = $4, zone = $5, file_hash = $6, speaks_at = $7, source_id = $8, status = $9, dry_run = $10,
		updated_at = $11, shop_id = $12 WHERE import_id = $1 AND status = 'draft'`, int64(i.ID), string(i.Kind), mappingJSON(i.Mapping), i.Currency, i.Zone, i.FileHash, i.SpeaksAt,
		int64(i.SourceID), i.Status, i.DryRun, i.UpdatedAt, int64(i.ShopID))
	if err != nil {
		return false, fmt.Errorf("update draft of an import: %w", err)
	}
	return n == 1, nil
}

// deleteDraft forgets a draft; false where it is none any more.
func deleteDraft(ctx context.Context, q sqldb.Q, which id.ID) (bool, error) {
	n, err := q.Exec(ctx, `DELETE FROM imports WHERE import_id = $1 AND status = 'draft'`, int64(which))
	if err != nil {
		return false, fmt.Errorf("delete draft of an import: %w", err)
	}
	return n == 1, nil
}

// selectOld gives imports of some states that nobody has touched since a time.
func selectOld(ctx context.Context, q sqldb.Q, before int64, states ...string) ([]Import, error) {
	return readImports(ctx, q, `SELECT `+importColumns+` FROM imports WHERE updated_at < $1 AND status IN (`+sqldb.Marks(2, len(states))+`) ORDER BY import_id`,
		append([]any{before}, sqldb.Args(states)...)...)
}

// saltOf gives the salt of a day, which is made when it is first asked for.
func saltOf(ctx context.Context, q sqldb.Q, day, now int64, fresh []byte) ([]byte, error) {
	if _, err := q.Exec(ctx, `INSERT INTO import_salts (day, salt, used_at) VALUES ($1, $2, $3)
		ON CONFLICT (day) DO UPDATE SET used_at = excluded.used_at`, day, fresh, now); err != nil {
		return nil, fmt.Errorf("make salt of a day: %w", err)
	}
	var salt []byte
	if err := q.Row(ctx, `SELECT salt FROM import_salts WHERE day = $1`, day).Scan(&salt); err != nil {
		return nil, fmt.Errorf("read salt of a day: %w", err)
	}
	return salt, nil
}

// deleteExpired forgets what was kept for a time that is over.
func deleteExpired(ctx context.Context, q sqldb.Q, changesBefore, saltsBefore int64) error {
	if _, err := q.Exec(ctx, `DELETE FROM import_changes WHERE at < $1`, changesBefore); err != nil {
		return fmt.Errorf("forget what imports changed: %w", err)
	}
	if _, err := q.Exec(ctx, `DELETE FROM import_salts WHERE used_at < $1`, saltsBefore); err != nil {
		return fmt.Errorf("forget salts: %w", err)
	}
	return nil
}
