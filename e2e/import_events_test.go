package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/e2e/harness"
	"rapport/internal/collect/importer/weblog"
	"rapport/internal/platform/sqldb/pgtest"
)

// eachEngine runs a test against a fresh server on each pair of engines.
func eachEngine(t *testing.T, fn func(t *testing.T, s *harness.Server, owner *harness.API)) {
	t.Parallel()
	for _, engine := range []string{"embedded", "postgresql"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var env []string
			if engine == "postgresql" {
				env = []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)}
			}
			s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", env...)
			fn(t, s, s.Setup())
		})
	}
}

// stored is an event as the API shows it.
type stored struct {
	MessageID   string         `json:"message_id"`
	Kind        string         `json:"kind"`
	Name        string         `json:"name"`
	CustomerID  string         `json:"customer_id"`
	AnonymousID string         `json:"anonymous_id"`
	UserID      string         `json:"user_id"`
	SessionID   string         `json:"session_id"`
	At          time.Time      `json:"at"`
	Properties  map[string]any `json:"properties"`
}

func allEvents(a *harness.API, query url.Values) []stored {
	query.Set("limit", "500")
	return harness.All[stored](a, "/api/v1/events", query)
}

// imported brings a file in and wants it done.
func imported(t *testing.T, a *harness.API, kind, name string, file []byte, fields map[string]string) importState {
	t.Helper()
	i := watchImport(t, a, a.Upload(kind, name, file, fields), importState.done)
	if i.Status != "done" {
		t.Fatalf("%s: %+v", name, i)
	}
	return i
}

// refusedRows reads the file of refused rows: line -> reason.
func refusedRows(t *testing.T, a *harness.API, which string) map[int]string {
	t.Helper()
	status, body, err := a.Do("GET", "/api/v1/imports/"+which+"/errors", nil)
	if err != nil || status != 200 {
		t.Fatalf("refused rows: %d %v", status, err)
	}
	list, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || len(list) == 0 || strings.Join(list[0], ",") != "line,column,reason,value" {
		t.Fatalf("refused rows: %v\n%s", err, body)
	}
	out := map[int]string{}
	for _, r := range list[1:] {
		line, _ := strconv.Atoi(r[0])
		out[line] = r[2]
	}
	return out
}

// TestImportSegmentFile imports what real SDKs sent, one call a line as exports of Segment hold it. Every call with a time is there once, at its time;
// what the recording sent twice is there once; the same file again changes nothing.
func TestImportSegmentFile(t *testing.T) {
	var file bytes.Buffer
	want := map[string]time.Time{}
	lines, timeless := 0, map[int]bool{}
	for _, c := range captures(t) {
		var body struct {
			Type, MessageID string
			Batch           []map[string]any
		}
		if json.Unmarshal(c.JSON, &body) != nil {
			continue
		}
		if body.Type != "" && body.MessageID != "" {
			body.Batch = make([]map[string]any, 1)
			_ = json.Unmarshal(c.JSON, &body.Batch[0])
		}
		for _, call := range body.Batch {
			text, _ := json.Marshal(call)
			file.Write(append(text, '\n'))
			lines++
			when, _ := call["timestamp"].(string)
			if when == "" {
				when, _ = call["originalTimestamp"].(string)
			}
			at, err := time.Parse(time.RFC3339Nano, when)
			if err != nil {
				timeless[lines] = true
				continue
			}
			if m := call["messageId"].(string); want[m].IsZero() {
				want[m] = at
			}
		}
	}
	if len(want) < 80 || lines == len(want) {
		t.Fatalf("%d different calls in %d lines", len(want), lines)
	}
	eachEngine(t, func(t *testing.T, _ *harness.Server, owner *harness.API) {
		i := imported(t, owner, "events", "calls.jsonl", file.Bytes(), nil)
		t.Logf("%+v", i)
		if i.Rows != int64(lines) || i.Created != int64(len(want)) || i.Unchanged != int64(lines-len(want)-len(timeless)) || i.Refused != int64(len(timeless)) {
			t.Errorf("%+v, want %d of %d new, %d without a time", i, len(want), lines, len(timeless))
		}
		for line, reason := range refusedRows(t, owner, i.ID) {
			if !timeless[line] {
				t.Errorf("line %d is refused: %s", line, reason)
			}
		}
		got := map[string]time.Time{}
		for _, e := range allEvents(owner, url.Values{}) {
			if !got[e.MessageID].IsZero() {
				t.Errorf("%s is there twice", e.MessageID)
			}
			got[e.MessageID] = e.At
		}
		for m, at := range want {
			if !got[m].Equal(at) {
				t.Errorf("%s is there at %s, want %s", m, got[m], at)
			}
		}
		again := imported(t, owner, "events", "calls-again.jsonl", file.Bytes(), nil)
		if again.Created != 0 || again.Unchanged != int64(lines-len(timeless)) {
			t.Errorf("the same file again: %+v", again)
		}
		if n := len(allEvents(owner, url.Values{})); n != len(want) {
			t.Errorf("%d events after the second time, want %d", n, len(want))
		}
	})
}

const eventTable = `Event Name;When;User ID;Visitor;E-Mail;Colour;Size;Properties
Viewed;2026-03-28 23:30:00;u1;;;red;42;
Viewed;2026-03-29 03:30:00;u1;;;red;42;
Viewed;2026-03-29 03:30:00;u1;;;red;42;
Signed Up;2026-03-29T10:00:00Z;;;ada@example.com;;;"{""plan"":""pro"",""seats"":3}"
Viewed;2026-03-29T10:05:00+02:00;;v-9;;;;
Viewed;;u1;;;;;
Viewed;yesterday;u1;;;;;
Viewed;2026-03-30 10:00:00;;;;blue;;
;2026-03-30 10:00:00;u1;;;blue;;
Viewed;2026-03-30 10:00:00;u1;;;;;{broken
Order Completed;2026-03-30 12:00:00;u1;;;;;"{""order_id"":""A-1"",""total"":30.5,""currency"":""EUR"",""products"":[{""sku"":""s"",""name"":""S"",""price"":30.5,""quantity"":1}]}"
`

// TestImportEventTable imports events from a table: local times around the change to summer time, two equal rows, rows that cannot be believed, and an order.
func TestImportEventTable(t *testing.T) {
	eachEngine(t, func(t *testing.T, _ *harness.Server, owner *harness.API) {
		i := imported(t, owner, "events", "events.csv", []byte(eventTable), nil)
		if i.Rows != 11 || i.Created != 5 || i.Unchanged != 1 || i.Refused != 5 {
			t.Errorf("%+v", i)
		}
		want := map[int]string{7: "The row says no time", 8: "It is not a date", 9: "The row names nobody", 10: "The row has no name", 11: "It is not a JSON object"}
		said := refusedRows(t, owner, i.ID)
		for line, reason := range want {
			if !strings.Contains(said[line], reason) {
				t.Errorf("line %d is refused with %q, want %q", line, said[line], reason)
			}
		}
		if len(said) != len(want) {
			t.Errorf("refused: %v", said)
		}
		check := func() {
			t.Helper()
			owner.Drained(time.Minute)
			var got []string
			for _, e := range allEvents(owner, url.Values{}) {
				p, _ := json.Marshal(e.Properties)
				if e.Name == "Order Completed" {
					p = nil
				}
				got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s%s %s", e.At.UTC().Format(time.RFC3339), e.Name, e.UserID, e.AnonymousID, p)))
			}
			slices.Sort(got)
			if diff := cmp.Diff([]string{
				`2026-03-28T22:30:00Z Viewed u1 {"colour":"red","size":42}`,
				`2026-03-29T01:30:00Z Viewed u1 {"colour":"red","size":42}`,
				`2026-03-29T08:05:00Z Viewed v-9 {}`,
				`2026-03-29T10:00:00Z Signed Up  {"plan":"pro","seats":3}`,
				`2026-03-30T10:00:00Z Order Completed u1`,
			}, got); diff != "" {
				t.Error(diff)
			}
			if c := owner.Only("email=ada@example.com"); c.ID == "" {
				t.Error("the person of the e-mail is not there")
			}
			var overview struct {
				Orders  int64
				Revenue struct{ Amount string }
			}
			harness.Until(t, time.Minute, "the order counts", func() (bool, string) {
				owner.Get("/api/v1/reports/overview?from=2026-03-01&to=2026-04-30", &overview)
				return overview.Orders == 1 && overview.Revenue.Amount == "30.50", fmt.Sprintf("%+v", overview)
			})
		}
		check()
		again := imported(t, owner, "events", "again.csv", []byte(eventTable), nil)
		if again.Created != 0 || again.Unchanged != 6 || again.Refused != 5 {
			t.Errorf("again: %+v", again)
		}
		check()
	})
}

// combined is a line of the combined form as simply as it can be read.
var combined = regexp.MustCompile(`^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) ([^"?#]*)[^"]* HTTP/[\d.]+" (\d+) \S+ "[^"]*" "(.*?)"?$`) // the last quotation mark of one line is missing

// TestImportWebLog imports a published log of 10,000 lines and holds every page view against a naive reading of it.
func TestImportWebLog(t *testing.T) {
	packed, err := os.ReadFile(wizardFile(t, "clickstream/access-logs/semicomplete_apache_combined_10k.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var want []string // "instant path", sorted
	visitors, skipped := map[string]bool{}, map[string]int64{}
	lines, unread := 0, 0
	for line := range strings.Lines(string(plain)) {
		lines++
		f := combined.FindStringSubmatch(strings.TrimSpace(line))
		if f == nil {
			unread++
			t.Logf("line %d: %s", lines, line)
			continue
		}
		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", f[2])
		if err != nil {
			t.Fatal(err)
		}
		status, _ := strconv.Atoi(f[5])
		h := weblog.Hit{Method: f[3], Path: f[4], Status: status, Agent: f[6]}
		if why := h.Judge(); why != "" {
			skipped[why]++
			continue
		}
		want = append(want, at.UTC().Format(time.RFC3339)+" "+f[4])
		visitors[f[1]+" "+f[6]+" "+at.UTC().Format(time.DateOnly)] = true
	}
	slices.Sort(want)
	t.Logf("%d lines, %d views, %d visitors, left out %v, %d not read by the test", lines, len(want), len(visitors), skipped, unread)
	// What is broken stands in the middle: a torn line, one without a time, and a heading.
	middle := bytes.IndexByte(plain[len(plain)/2:], '\n') + len(plain)/2 + 1
	at := bytes.Count(plain[:middle], []byte{'\n'})
	broken := slices.Concat(plain[:middle], []byte("66.249.73.135 - - [20/May/20\n1.2.3.4 - - [never] \"GET / HTTP/1.1\" 200 1 \"-\" \"x\"\n# rotated\n"), plain[middle:])
	eachEngine(t, func(t *testing.T, _ *harness.Server, owner *harness.API) {
		i := imported(t, owner, "web_logs", "access.log", broken, nil)
		if i.Rows != int64(lines+3) || i.Created != int64(len(want)) || i.Unchanged != 0 || i.Refused != 2 {
			t.Errorf("%+v", i)
		}
		skipped := skippedAs(skipped, "no_request")
		if diff := cmp.Diff(skipped, i.Skipped); diff != "" {
			t.Errorf("left out: %s", diff)
		}
		said := refusedRows(t, owner, i.ID)
		if !strings.Contains(said[at+1], "no line of a web server's log") || !strings.Contains(said[at+2], "time cannot be read") {
			t.Errorf("refused: %v", said)
		}
		checkLog := func() {
			t.Helper()
			var got []string
			people := map[string]bool{}
			for _, e := range allEvents(owner, url.Values{"kind": {"page"}}) {
				got = append(got, fmt.Sprintf("%s %s", e.At.UTC().Format(time.RFC3339), e.Properties["path"]))
				people[e.CustomerID] = true
				if !strings.HasPrefix(e.AnonymousID, "log-") || e.UserID != "" || e.SessionID == "" {
					t.Errorf("%+v", e)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%.3000s", diff)
			}
			if len(people) != len(visitors) {
				t.Errorf("%d visitors, want %d", len(people), len(visitors))
			}
		}
		checkLog()
		again := imported(t, owner, "web_logs", "access.log.gz", packed, nil)
		if again.Created != 0 || again.Unchanged != int64(len(want)) || again.Refused != 0 {
			t.Errorf("the same log again, packed: %+v", again)
		}
		checkLog()
		// Servers write a line when its answer is sent: around midnight the days mix.
		before, after := `9.9.9.9 - - [31/Dec/2016:23:59:59 +0000] "GET /a HTTP/1.1" 200 1`+"\n", `9.9.9.9 - - [01/Jan/2017:00:00:00 +0000] "GET /b HTTP/1.1" 200 1`+"\n"
		midnight := imported(t, owner, "web_logs", "midnight.log", []byte(before+after+before+after), nil)
		if midnight.Created != 4 {
			t.Errorf("around midnight: %+v", midnight)
		}
	})
}

func skippedAs(have map[string]int64, one string) map[string]int64 {
	out := map[string]int64{one: 1}
	for k, n := range have {
		out[k] = n
	}
	return out
}
