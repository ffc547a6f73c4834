package dictionary_test

import (
	"fmt"
	"testing"

	"rapport/internal/base/clock"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

// BenchmarkLearn is what the dictionary adds to an event on its way: steps of several sizes, eight names, eleven properties each.
func BenchmarkLearn(b *testing.B) {
	for _, size := range []int{100, 750, 10_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := whtest.Embedded(b)
			s := open(p, clock.NewFake(now))
			events := make([]warehouse.Event, size)
			for i := range events {
				events[i] = row(i, "track", fmt.Sprint("Name ", i%8), 0, fmt.Sprintf(`{"product_id":"p-%d","sku":"sku-%d","name":"A lamp of brass","price":12.5,"currency":"EUR","quantity":1,`+
					`"category":"Lamps","brand":"Nobody","url":"https://shop.example/p/%d","position":3,"list":["a","b"]}`, i, i, i))
			}
			step := func() {
				if err := p.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.Learn(ctx, tx, events) }); err != nil {
					b.Fatal(err)
				}
			}
			step()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/event")
		})
	}
}
