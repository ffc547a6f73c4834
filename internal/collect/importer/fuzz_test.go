package importer

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rapport/internal/base/errs"
)

// FuzzRead reads whatever there is as every kind: no panic, every row either makes a unit or is refused, and places in the file only grow.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"order_id,date,total\n1,2026-01-01,5\n", "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\nC1,A,-2,1/13/2010,2.5,1.0\n1,A,3,1/12/2010,2.5,1.0\n",
		"email,name,accepts marketing\na@b.c,\"A\nB\",yes\n", "Handle,Title,Option1 Value,Variant Price\nx,X,M,5\nx,,L,\"6\n", "{\"email\":\"a@b\",\"address\":{\"city\":\"x\"}}\n{", "[{\"id\":1,\"title\":2}]",
		"date;total;sku\n2026-01-01;1.234,50;\"a\"\"\n", "\xff\xfea\x00,\x00", "ID,Type,SKU,Name,Regular price,Parent\n1,variation,a,b,5,id:2\n", "sku,name,product_type,price,configurable_variations\na,b,simple,1,\"sku=a,x=y|sku=a\"\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := toUTF8(path); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []Kind{Customers, Orders, OrderLines, Products} {
			if err := fuzzKind(t, path, kind); err != nil && errs.As(err) == nil {
				t.Fatalf("%s: a plain error: %v", kind, err)
			}
		}
	})
}

func fuzzKind(t *testing.T, path string, kind Kind) error {
	src, err := openSource(path, nil)
	if err != nil {
		return err
	}
	cols, err := mapColumns(kind, src.header, nil)
	if err != nil {
		return err
	}
	p, err := src.profileOf(kind, cols, func() error { return nil })
	if err != nil {
		return jsonTrouble(err)
	}
	pos, last := int64(0), false
	b, k, err := newBuilder(&Import{Kind: kind, Currency: "EUR", ShopID: 1, TotalBytes: src.size}, cols, p, time.UTC, func(b *batch) error {
		if b.pos < pos || last {
			t.Fatalf("%s: position %d after %d", kind, b.pos, pos)
		}
		pos, last = b.pos, b.last
		if len(b.changes) != len(b.signalOf) {
			t.Fatalf("%d changes, %d signals", len(b.changes), len(b.signalOf))
		}
		for i := range b.changes {
			if o := b.changes[i].Order; o != nil && (o.Total < 0 || o.PlacedAt == 0 || b.changes[i].ExternalID == "") {
				t.Fatalf("believed %+v", o)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.chunk = 3
	rows, err := src.rows(src.start, src.line)
	if err != nil {
		return err
	}
	defer rows.close()
	return jsonTrouble(b.run(rows, k))
}

// jsonTrouble lets pass that a JSON document breaks off: such an import fails as a whole.
func jsonTrouble(err error) error {
	if err != nil && errs.As(err) == nil && !errors.Is(err, os.ErrNotExist) {
		return errs.New(errs.Invalid, "import.json", "%v", err)
	}
	return err
}
