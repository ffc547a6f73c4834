package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb/pgtest"
)

// TestKill ends the server with -9 at random moments while it is loaded. What was acknowledged is there once, the counters agree, and
// the revenue is what the acknowledged orders come to.
func TestKill(t *testing.T) {
	kills := harness.Short(3, 60)
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		testKill(t, kills, nil)
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		testKill(t, kills, []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)})
	})
}

func testKill(t *testing.T, kills int, env []string) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", env...)
	owner := s.Setup()
	l := newLoader(t, s.URL, owner.IngestKey("loader", false))
	for k := range kills {
		before := l.progress()
		harness.Until(t, time.Minute, "the loader goes on", func() (bool, string) { return l.progress() > before, fmt.Sprint(l.progress()) })
		moment := time.NewTimer(time.Duration(20+chance.IntN(600)) * time.Millisecond)
		<-moment.C // a random moment is what this test is about
		s.Kill()
		s = s.Again()
		t.Logf("kill %d after %d batches; up again in %s", k+1, l.progress(), s.Took.Round(time.Millisecond))
	}
	before := l.progress()
	harness.Until(t, time.Minute, "the loader goes on", func() (bool, string) { return l.progress() > before+10, "" })
	l.stop()
	state := owner.Drained(2 * time.Minute)
	l.check(t, owner, state)
}

// loader sends batches from several connections and keeps what was acknowledged. A batch that got no answer is sent again with the
// same message ids until it is acknowledged, as SDKs do; every seventh is given up instead, and may be there or not.
type loader struct {
	url, key string
	quit     chan struct{}
	wait     sync.WaitGroup

	mu      sync.Mutex
	acked   map[string]bool // message ids
	unsure  map[string]bool
	revenue int64
	orders  int
	batches int
	failure error
}

const (
	loaders   = 3
	loadBatch = 20
	loadName  = "Kill Clicked"
)

func newLoader(t *testing.T, base, key string) *loader {
	l := &loader{url: base, key: key, quit: make(chan struct{}), acked: map[string]bool{}, unsure: map[string]bool{}}
	for w := range loaders {
		l.wait.Go(func() { l.work(w) })
	}
	t.Cleanup(l.stop)
	return l
}

func (l *loader) stop() {
	select {
	case <-l.quit:
	default:
		close(l.quit)
	}
	l.wait.Wait()
}

func (l *loader) progress() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.batches
}

type loadEvent map[string]any

func (l *loader) work(w int) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	for n := 0; ; n++ {
		select {
		case <-l.quit:
			return
		default:
		}
		giveUp := n%7 == 6
		body, ids, cents := loadBody(w, n, giveUp)
		for try := 0; ; try++ {
			status, answer, err := harness.Track(client, l.url, l.key, body)
			if err == nil && status == http.StatusOK {
				l.note(ids, cents, true, answer)
				break
			}
			if err == nil && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
				l.mu.Lock()
				l.failure = fmt.Errorf("status %d: %s", status, answer)
				l.mu.Unlock()
				return
			}
			client.CloseIdleConnections()
			if giveUp {
				l.note(ids, 0, false, nil)
				break
			}
			select {
			case <-time.After(20 * time.Millisecond): // a sender's back-off
			case <-l.quit:
				l.note(ids, 0, false, nil)
				if cents > 0 {
					l.mu.Lock()
					l.failure = fmt.Errorf("stopped with an order in the air")
					l.mu.Unlock()
				}
				return
			}
		}
	}
}

func loadBody(w, n int, giveUp bool) (body []byte, ids []string, cents int64) {
	events := make([]loadEvent, 0, loadBatch)
	for i := range loadBatch {
		id := fmt.Sprintf("kill-%d-%d-%d", w, n, i)
		ids = append(ids, id)
		user := fmt.Sprintf("kill-user-%d", (w*7919+n*13+i)%40)
		e := loadEvent{"type": "track", "event": loadName, "messageId": id, "userId": user, "timestamp": time.Now().UTC().Format(time.RFC3339Nano), "properties": loadEvent{"n": n}}
		if i == 3 && !giveUp {
			total := int64(100 + (w*31+n*17)%9900)
			cents += total
			e["event"] = "Order Completed"
			e["properties"] = loadEvent{"order_id": id, "total": json.Number(fmt.Sprintf("%d.%02d", total/100, total%100)), "currency": "EUR",
				"products": []loadEvent{{"product_id": "p1", "name": "Vase", "price": 1, "quantity": 1}}}
		}
		events = append(events, e)
	}
	body, _ = json.Marshal(map[string]any{"batch": events})
	return body, ids, cents
}

func (l *loader) note(ids []string, cents int64, acked bool, answer []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if acked && !strings.Contains(string(answer), `"success":true`) && !strings.Contains(string(answer), `"success": true`) {
		l.failure = fmt.Errorf("answer %s", answer)
	}
	for _, id := range ids {
		if acked {
			l.acked[id] = true
		} else {
			l.unsure[id] = true
		}
	}
	if acked {
		l.batches++
		l.revenue += cents
		if cents > 0 {
			l.orders++
		}
	}
}

func (l *loader) check(t *testing.T, owner *harness.API, state harness.Ingest) {
	t.Helper()
	if l.failure != nil {
		t.Fatal(l.failure)
	}
	count := map[string]int{}
	list := func() int {
		clear(count)
		for _, name := range []string{loadName, "Order Completed"} {
			for _, e := range owner.Events(name) {
				count[e.MessageID]++
			}
		}
		return len(count)
	}
	harness.Until(t, 20*time.Second, "the warehouse has what is applied", func() (bool, string) {
		n := list()
		return int64(n) >= state.Applied, fmt.Sprint(n, " of ", state.Applied)
	})
	missing, twice, alien := 0, 0, 0
	for id := range l.acked {
		if count[id] == 0 {
			missing++
		}
	}
	for id, n := range count {
		if n > 1 {
			twice++
		}
		if !l.acked[id] && !l.unsure[id] {
			alien++
		}
	}
	t.Logf("%d acknowledged, %d without an answer, %d there; %+v", len(l.acked), len(l.unsure), len(count), state)
	if missing+twice+alien > 0 {
		t.Errorf("%d acknowledged events are missing, %d are there twice, %d were never sent", missing, twice, alien)
	}
	if int64(len(count)) != state.Applied || state.Refused != 0 {
		t.Errorf("the counters say %+v, there are %d events", state, len(count))
	}
	var overview struct {
		Orders  int64                             `json:"orders"`
		Revenue struct{ Amount, Currency string } `json:"revenue"`
	}
	now := time.Now()
	query := url.Values{"from": {now.AddDate(0, 0, -2).Format(time.DateOnly)}, "to": {now.AddDate(0, 0, 3).Format(time.DateOnly)}}
	harness.Until(t, 20*time.Second, "the overview has the orders", func() (bool, string) {
		owner.Get("/api/v1/reports/overview?"+query.Encode(), &overview)
		return overview.Orders == int64(l.orders), fmt.Sprintf("%+v, want %d orders", overview, l.orders)
	})
	if got := harness.Cents(t, overview.Revenue.Amount); got != l.revenue || overview.Revenue.Currency != "EUR" {
		t.Errorf("revenue %s %s, want %d cents", overview.Revenue.Amount, overview.Revenue.Currency, l.revenue)
	}
	var spent, orders int64
	for i := range 40 {
		c := owner.Only(fmt.Sprintf("external_id=kill-user-%d", i))
		spent += harness.Cents(t, c.Spent.Amount)
		orders += c.Orders
	}
	if spent != l.revenue || orders != int64(l.orders) {
		t.Errorf("the profiles say %d orders and %d cents, want %d and %d", orders, spent, l.orders, l.revenue)
	}
}
