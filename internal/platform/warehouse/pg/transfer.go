package pg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// All gives every event with all it has, in no order that counts. Nothing may be appended meanwhile. The event is good until fn returns.
func (w *Warehouse) All(ctx context.Context, fn func(e *warehouse.Event) error) error {
	rows, err := w.db.Pool().Query(ctx, `SELECT `+warehouse.EventColumns+` FROM events`)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	for _, f := range rows.FieldDescriptions()[:9] {
		if f.Format != pgx.BinaryFormatCode {
			return errors.New("read events: numbers come as text")
		}
	}
	for rows.Next() {
		e, err := rawEvent(rows.RawValues())
		if err != nil {
			return err
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rawEvent reads the columns as they come, which spares a conversion of each. All its texts are parts of one.
func rawEvent(v [][]byte) (e warehouse.Event, err error) {
	if len(v) != len(eventColumns) {
		return e, fmt.Errorf("an event has %d columns", len(v))
	}
	number := func(i int) int64 {
		if len(v[i]) != 8 {
			err = fmt.Errorf("column %s of an event has %d bytes", eventColumns[i], len(v[i]))
			return 0
		}
		return int64(binary.BigEndian.Uint64(v[i]))
	}
	e.EventID, e.CustomerID, e.SessionID = number(0), id.ID(number(1)), number(2)
	e.ShopID, e.SourceID, e.MessageHash = id.ID(number(7)), id.ID(number(8)), number(13)
	if err == nil && (len(v[3]) != 1 || len(v[4]) != 8 || len(v[5]) != 8 || len(v[6]) != 4) {
		err = errors.New("an event's times have other lengths than expected")
	}
	if err != nil {
		return e, err
	}
	e.SessionStart = v[3][0] != 0
	e.At, e.ReceivedAt, e.Day = sqldb.RawInstant(v[4]), sqldb.RawInstant(v[5]), sqldb.RawDay(v[6])
	b := slices.Concat(v[9], v[10], v[11], v[12], v[14], v[15], v[16], v[17])
	at := len(b) - len(v[16]) - len(v[17])
	text := string(b[:at])
	for _, f := range []struct {
		into *string
		i    int
	}{{&e.Kind, 9}, {&e.Name, 10}, {&e.Campaign, 11}, {&e.MessageID, 12}, {&e.AnonymousID, 14}, {&e.UserID, 15}} {
		*f.into, text = text[:len(v[f.i])], text[len(v[f.i]):]
	}
	e.Properties, e.Context = b[at:at+len(v[16]):at+len(v[16])], b[at+len(v[16]):]
	return e, nil
}

// Load fills an empty warehouse with whole events; next gives them in portions and none at the end. The sequence is written last.
func (w *Warehouse) Load(ctx context.Context, seq int64, next func() ([]warehouse.Event, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sources := map[id.ID]bool{}
	for {
		// One COPY a portion: a month's partition cannot be made while one is under way.
		part, err := next()
		if err != nil {
			return err
		}
		if len(part) == 0 {
			break
		}
		at := 0
		if err := w.makePartitions(ctx, part); err != nil {
			return err
		}
		err = sqldb.CopyBinary(ctx, w.db.Pool(), "events", eventColumns, func(b []byte) ([]byte, error) {
			if at == len(part) {
				return b, nil
			}
			e := &part[at]
			at++
			sources[e.SourceID] = true
			return appendEvent(b, e), nil
		})
		if err != nil {
			return fmt.Errorf("copy events: %w", err)
		}
	}
	for s := range sources {
		if _, err := w.db.Pool().Exec(ctx, `INSERT INTO event_sources (source_id) VALUES ($1) ON CONFLICT DO NOTHING`, int64(s)); err != nil {
			return fmt.Errorf("write source: %w", err)
		}
	}
	if _, err := w.db.Pool().Exec(ctx, `UPDATE warehouse_state SET value = $1 WHERE name = 'seq'`, seq); err != nil {
		return fmt.Errorf("write sequence: %w", err)
	}
	w.sources = sources
	return nil
}

// appendEvent writes an event in the order of eventColumns.
func appendEvent(b []byte, e *warehouse.Event) []byte {
	b = sqldb.CopyRow(b, len(eventColumns))
	b = sqldb.CopyInt(b, e.EventID)
	b = sqldb.CopyInt(b, int64(e.CustomerID))
	b = sqldb.CopyInt(b, e.SessionID)
	b = sqldb.CopyBool(b, e.SessionStart)
	b = sqldb.CopyInstant(b, e.At)
	b = sqldb.CopyInstant(b, e.ReceivedAt)
	b = sqldb.CopyDay(b, e.Day)
	b = sqldb.CopyInt(b, int64(e.ShopID))
	b = sqldb.CopyInt(b, int64(e.SourceID))
	b = sqldb.CopyText(b, e.Kind)
	b = sqldb.CopyText(b, e.Name)
	b = sqldb.CopyText(b, e.Campaign)
	b = sqldb.CopyText(b, e.MessageID)
	b = sqldb.CopyInt(b, e.MessageHash)
	b = sqldb.CopyText(b, e.AnonymousID)
	b = sqldb.CopyText(b, e.UserID)
	b = sqldb.CopyText(b, warehouse.Object(e.Properties))
	return sqldb.CopyText(b, warehouse.Object(e.Context))
}
