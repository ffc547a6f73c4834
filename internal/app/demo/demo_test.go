package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"testing"
	"time"
)

var anchor = time.Date(2026, 11, 24, 20, 30, 0, 0, time.UTC)

func small() *Shop { return New(Config{Seed: 7, Customers: smallShop, Anchor: anchor}) }

func tiny() *Shop { return New(Config{Seed: 7, Customers: 700, Anchor: anchor}) }

func digest(s *Shop) (uint64, int, int) {
	h := fnv.New64a()
	events, bytes := 0, 0
	for b := range s.Batches(300) {
		h.Write(b.Body)
		events += b.Events
		bytes += len(b.Body)
	}
	return h.Sum64(), events, bytes
}

func TestTheSameSeedGivesTheSameShop(t *testing.T) {
	one, events, size := digest(small())
	two, _, _ := digest(small())
	if one != two {
		t.Error("two runs with one seed differ")
	}
	here, _, _ := digest(tiny())
	other, _, _ := digest(New(Config{Seed: 8, Customers: 700, Anchor: anchor}))
	if here == other {
		t.Error("another seed gives the same shop")
	}
	t.Logf("%d events of %d bytes", events, size/events)
	if events < 50_000 || events > 150_000 {
		t.Errorf("%d events: a small shop should have about 90,000", events)
	}
	if mean := size / events; mean < 900 || mean > 1300 {
		t.Errorf("events of %d bytes, want about 1.1 KB", mean)
	}
}

func TestEventsAreSound(t *testing.T) {
	s := tiny()
	seen := map[string]bool{}
	names := map[string]int{}
	var last time.Time
	for b := range s.Batches(300) {
		if len(b.Body) > 500_000 || b.Events > 300 {
			t.Fatalf("a batch of %d bytes and %d events", len(b.Body), b.Events)
		}
		var body struct {
			Batch []struct {
				Type, Event, MessageID, AnonymousID, UserID string
				OriginalTimestamp                           time.Time
				Properties                                  map[string]any
			}
		}
		if err := json.Unmarshal(b.Body, &body); err != nil {
			t.Fatalf("%v in %s", err, b.Body[:min(len(b.Body), 2000)])
		}
		if len(body.Batch) != b.Events || body.Batch[b.Events-1].MessageID != b.LastID {
			t.Fatal("a batch miscounts itself")
		}
		for _, e := range body.Batch {
			if seen[e.MessageID] {
				t.Fatalf("message id %s twice", e.MessageID)
			}
			seen[e.MessageID] = true
			if e.AnonymousID == "" && e.UserID == "" {
				t.Fatalf("event %s without anybody", e.MessageID)
			}
			if e.OriginalTimestamp.After(anchor.Add(time.Minute)) || e.OriginalTimestamp.Before(anchor.AddDate(-2, 0, -1)) {
				t.Fatalf("event at %s", e.OriginalTimestamp)
			}
			if e.OriginalTimestamp.After(last) {
				last = e.OriginalTimestamp
			}
			names[e.Type+" "+e.Event]++
		}
	}
	t.Log(names, last)
	for _, n := range []string{"page ", "identify ", "track Products Searched", "track Product Viewed", "track Product Added", "track Product Removed", "track Cart Viewed",
		"track Checkout Started", "track Order Completed", "track Order Refunded", "track Order Cancelled", "track Newsletter Signed Up"} {
		if names[n] == 0 {
			t.Errorf("no event %q", n)
		}
	}
	if anchor.Sub(last) > time.Hour {
		t.Errorf("the last event is of %s", last)
	}
}

func TestAmountsAddUp(t *testing.T) {
	s := tiny()
	facts := map[string]Fact{}
	n, refunds, cancels, currencies := 0, 0, 0, map[string]int{}
	s.Facts(func(f Fact) {
		switch f.Kind {
		case toOrder:
			facts[f.Order] = f
			currencies[f.Currency]++
			n++
		case afterRefund:
			refunds++
			if f.Amount <= 0 || f.Amount > facts[f.Order].Amount || f.At.Before(facts[f.Order].At) || f.Currency != facts[f.Order].Currency {
				t.Errorf("refund %+v of %+v", f, facts[f.Order])
			}
		case afterCancel:
			cancels++
			if f.Amount != facts[f.Order].Amount {
				t.Errorf("cancelled %+v of %+v", f, facts[f.Order])
			}
		}
	})
	t.Log(n, "orders", refunds, "refunds", cancels, "cancelled", currencies)
	if n < 1400 || n > 3200 || refunds < n/40 || cancels < n/60 || currencies["GBP"] == 0 || currencies["JPY"] == 0 {
		t.Error("an unlikely shop")
	}
	events := 0
	for b := range s.Batches(300) {
		if !b.Server {
			continue
		}
		var body struct {
			Batch []struct {
				Event      string
				Properties struct {
					OrderID                                           string `json:"order_id"`
					Currency                                          string
					Subtotal, Revenue, Discount, Shipping, Tax, Total json.Number
					Products                                          []struct {
						Price    json.Number
						Quantity int64
					}
				}
			}
		}
		if err := json.NewDecoder(bytes.NewReader(b.Body)).Decode(&body); err != nil {
			t.Fatal(err)
		}
		for _, e := range body.Batch {
			if e.Event != "Order Completed" {
				continue
			}
			events++
			p := e.Properties
			minor := func(n json.Number) int64 {
				f, _ := n.Float64()
				if p.Currency == "JPY" {
					return int64(f)
				}
				return int64(f*100 + .5)
			}
			lines := int64(0)
			for _, l := range p.Products {
				lines += minor(l.Price) * l.Quantity
			}
			if lines != minor(p.Subtotal) || minor(p.Revenue) != lines-minor(p.Discount) || minor(p.Total) != minor(p.Revenue)+minor(p.Shipping)+minor(p.Tax) {
				t.Fatalf("%s does not add up: %+v", p.OrderID, p)
			}
			if minor(p.Total) != facts[p.OrderID].Amount {
				t.Fatalf("%s: the event says %s, the facts %d", p.OrderID, p.Total, facts[p.OrderID].Amount)
			}
		}
	}
	if events != n {
		t.Errorf("%d order events for %d orders", events, n)
	}
}

func TestPeopleComeBackUnevenly(t *testing.T) {
	per := map[int]int{}
	small().Facts(func(f Fact) {
		if f.Kind == toOrder {
			per[f.Person]++
		}
	})
	once, most := 0, 0
	for _, n := range per {
		if n == 1 {
			once++
		}
		most = max(most, n)
	}
	t.Logf("%d buyers, %d bought once, the best %d times", len(per), once, most)
	if share := float64(once) / float64(len(per)); share < .3 || share > .65 {
		t.Errorf("%.0f%% of buyers bought once", share*100)
	}
	if most < 12 {
		t.Errorf("the most faithful customer has %d orders", most)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int{"small": 2000, "": 2000, "Medium": 20000, "1_000_000": 1000000, "17": 17, "0": 0, "-3": 0, "huge": 0, "9999999999": 0} {
		n, err := Customers(text)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("Customers(%q) = %d, %v", text, n, err)
		}
	}
}

func TestADayInNumbers(t *testing.T) {
	s := small()
	perMonth := map[string]int{}
	s.Facts(func(f Fact) {
		if f.Kind == toOrder {
			perMonth[f.At.Format("2006-01")]++
		}
	})
	var line string
	for m := anchor.AddDate(-2, 0, 0); !m.After(anchor); m = m.AddDate(0, 1, 0) {
		line += fmt.Sprint(m.Format("2006-01"), "=", perMonth[m.Format("2006-01")], " ")
	}
	t.Log(line)
	if perMonth["2025-12"]+perMonth["2025-11"] < 2*perMonth["2025-08"] {
		t.Error("no Christmas")
	}
}

func BenchmarkStream(b *testing.B) {
	for b.Loop() {
		_, events, size := digest(small())
		b.ReportMetric(float64(events), "events")
		b.SetBytes(int64(size))
	}
}
