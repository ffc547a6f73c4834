package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"rapport/internal/base/errs"
)

func batch(t testing.TB, body string) Request {
	t.Helper()
	var r Request
	if err := ReadBatch([]byte(body), &r); err != nil {
		t.Fatalf("%.200s: %v", body, err)
	}
	return r
}

func TestVerdicts(t *testing.T) {
	long := strings.Repeat("x", 300)
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for _, c := range []struct{ name, event, code string }{
		{"good", `{"type":"track","event":"A","userId":"u"}`, ""},
		{"number as id", `{"type":"track","event":"A","userId":42}`, ""},
		{"null parts", `{"type":"track","event":"A","userId":"u","properties":null,"context":null,"timestamp":null,"messageId":null}`, ""},
		{"empty list for an object", `{"type":"track","event":"A","userId":"u","properties":[ ]}`, ""},
		{"snake case", `{"action":"track","event":"A","user_id":"u"}`, ""},
		{"page without a name", `{"type":"page","anonymousId":"a"}`, ""},
		{"not an object", `42`, "ingest.not_object"},
		{"null", `null`, "ingest.not_object"},
		{"no type", `{"event":"A","userId":"u"}`, "ingest.type_missing"},
		{"unknown type", `{"type":"shout","userId":"u"}`, "ingest.type"},
		{"type of wrong kind", `{"type":{},"userId":"u"}`, "ingest.type"},
		{"no event", `{"type":"track","userId":"u"}`, "ingest.event_missing"},
		{"event of wrong kind", `{"type":"track","event":{"a":1},"userId":"u"}`, "ingest.event"},
		{"long event", `{"type":"track","event":"` + long + `","userId":"u"}`, "ingest.event_too_long"},
		{"long id", `{"type":"track","event":"A","userId":"` + long + `"}`, "ingest.userId"},
		{"id of wrong kind", `{"type":"track","event":"A","anonymousId":["a"]}`, "ingest.anonymousId"},
		{"properties text", `{"type":"track","event":"A","userId":"u","properties":"x"}`, "ingest.properties"},
		{"properties list", `{"type":"track","event":"A","userId":"u","properties":[1]}`, "ingest.properties"},
		{"traits number", `{"type":"identify","userId":"u","traits":1}`, "ingest.traits"},
		{"time unreadable", `{"type":"track","event":"A","userId":"u","timestamp":"yesterday"}`, "ingest.timestamp"},
		{"time of wrong kind", `{"type":"track","event":"A","userId":"u","timestamp":{}}`, "ingest.timestamp"},
		{"deep", `{"type":"track","event":"A","userId":"u","properties":` + deep + `}`, "ingest.too_deep"},
		{"large", `{"type":"track","event":"A","userId":"u","properties":{"a":"` + strings.Repeat("y", MaxEvent) + `"}}`, "ingest.event_too_large"},
		{"infinite number", `{"type":"track","event":"A","userId":"u","properties":{"a":1e999}}`, "ingest.number"},
		{"alias without user", `{"type":"alias","previousId":"a"}`, "ingest.user_missing"},
		{"alias without previous", `{"type":"alias","userId":"a"}`, "ingest.previous_missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := batch(t, `{"batch":[{"type":"track","event":"before","userId":"u"},`+c.event+`,{"type":"track","event":"after","userId":"u"}]}`)
			if len(r.Items) != 3 || r.Items[0].Refusal != nil || r.Items[2].Refusal != nil || r.Items[2].Name != "after" {
				t.Fatalf("neighbours suffered: %+v", r.Items)
			}
			got := ""
			if x := r.Items[1].Refusal; x != nil {
				got = x.Code
			}
			if got != c.code {
				t.Fatalf("code %q, want %q (%v)", got, c.code, r.Items[1].Refusal)
			}
		})
	}
}

func TestWholeRequests(t *testing.T) {
	many := `{"batch":[` + strings.TrimSuffix(strings.Repeat(`{},`, MaxEvents+1), ",") + `]}`
	for _, c := range []struct{ body, code string }{
		{``, "ingest.not_json"}, {`{`, "ingest.not_json"}, {`{"batch":[}`, "ingest.not_json"}, {`{"batch":[{"type":x}]}`, "ingest.not_json"},
		{`{"batch":[]} trailing`, "ingest.not_json"}, {"{\"batch\":[{\"a\":\"\x00\"}]}", "ingest.not_json"}, {`{"batch":[01]}`, "ingest.not_json"},
		{`[]`, "ingest.not_object"}, {`"x"`, "ingest.not_object"}, {`{}`, "ingest.batch_missing"}, {`{"batch":{}}`, "ingest.batch_missing"},
		{many, "ingest.batch_too_long"}, {strings.Repeat("[", 400_000), "ingest.not_json"},
	} {
		var r Request
		err := ReadBatch([]byte(c.body), &r)
		if e := errs.As(err); e == nil || e.Code != c.code || e.Kind != errs.Malformed {
			t.Errorf("%.40q: %v, want %s", c.body, err, c.code)
		}
	}
	if r := batch(t, "\xEF\xBB\xBF {\"batch\": [ ] , \"writeKey\":\"k\", \"sentAt\":\"2026-01-01T00:00:00Z\"}"); r.WriteKey != "k" || r.SentAt == 0 {
		t.Errorf("got %+v", r)
	}
	var one Request
	if err := ReadOne([]byte(`{"event":"A","userId":"u","writeKey":"k","type":"nonsense"}`), Track, &one); err != nil || one.WriteKey != "k" || one.Items[0].Refusal != nil {
		t.Errorf("got %+v, %v", one, err)
	}
	var large Request
	if err := ReadOne([]byte(`{"event":"`+strings.Repeat("A", MaxEvent)+`"}`), Track, &large); errs.As(err) == nil {
		t.Errorf("a large event passed: %v", err)
	}
}

func TestCleaning(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`a\u0000b`, "a\uFFFDb"}, {`\ud83d\ude00`, "😀"}, {`\ud83d`, "\uFFFD"}, {`\ude00x`, "\uFFFDx"}, {`\ud83d\u0041`, "\uFFFDA"},
		{"bad\xffbyte", "bad\uFFFDbyte"}, {`\\u0000`, `\u0000`}, {`ok`, "ok"}, {`\uD83D\uDE00\u0000`, "😀\uFFFD"},
	} {
		r := batch(t, `{"batch":[{"type":"track","event":"E`+c.in+`","userId":"u","properties":{"k`+c.in+`":"`+c.in+`"}}]}`)
		it := r.Items[0]
		if it.Refusal != nil {
			t.Fatalf("%q: %v", c.in, it.Refusal)
		}
		var got struct{ Properties map[string]string }
		if err := json.Unmarshal(it.Text, &got); err != nil {
			t.Fatalf("%q: %v", it.Text, err)
		}
		if got.Properties["k"+c.want] != c.want || it.Name != "E"+c.want {
			t.Errorf("%q became %q, name %q, want %q", c.in, got.Properties, it.Name, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	const received = int64(1_795_301_176_000_000) // 2026-11-21T22:46:16Z
	const hour, day = 3600 * microsPerSecond, microsPerDay
	for s, want := range map[string]int64{
		"2026-11-21T22:46:16.001Z": received + 1000, "2026-11-21T22:46:16.001234567Z": received + 1234, "2026-11-22T00:46:16+02:00": received,
		"2026-11-21 22:46:16": received, "2026-11-21": received - received%day, "1795301176": received, "1795301176000": received, "2026-11-21T22:46:16": received,
		"Sat, 21 Nov 2026 22:46:16 GMT": received, "2026-11-2T00:30:08.276Z": 1793579408276000,
	} {
		if got, ok := parseTime(s); !ok || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "NaN", "-5", strings.Repeat("1", 70)} {
		if got, ok := parseTime(s); ok {
			t.Errorf("%q is %d", s, got)
		}
	}
	for _, c := range []struct {
		name                 string
		said, sent, received int64
		want                 int64
	}{
		{"nothing said", 0, 0, received, received},
		{"plain", received - hour, 0, received, received - hour},
		{"on the way", received - hour, received - 2*microsPerSecond, received, received - hour},
		{"clock an hour slow", received - 2*hour, received - hour, received, received - hour},
		{"clock an hour fast", received + hour - 1, received + hour, received, received - 1},
		{"clock in 1970", 60 * microsPerSecond, 61 * microsPerSecond, received, received - microsPerSecond},
		{"history", received - 10*365*day, received, received, received - 10*365*day},
		{"year 9999", 253402300799000000, 0, received, received},
		{"an hour ahead", received + hour, 0, received, received + hour},
		{"before 1970", -5, 0, received, received},
	} {
		if got := At(c.said, c.sent, c.received); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestDetails(t *testing.T) {
	r := batch(t, `{"batch":[{"type":"page","anonymousId":"a","properties":{"title":"T"},"context":{"ip":"203.0.113.9","traits":{"email":"a@b"},
		"campaign":{"name":"spring","source":"x"},"library":{"name":"l"},"page":{"path":"/p"},"userAgent":"UA"}}]}`)
	e := r.Items[0].Event
	d := e.Details(nil, "")
	if d.Campaign != "spring" || string(d.Traits) != `{"email":"a@b"}` || e.Title(&d) != "/p" {
		t.Errorf("got %+v %q", d, e.Title(&d))
	}
	if want := `{"campaign":{"name":"spring","source":"x"},"page":{"path":"/p"},"userAgent":"UA","ip":"203.0.113.0"}`; string(d.Context) != want {
		t.Errorf("context %s, want %s", d.Context, want)
	}
}

// FuzzRead holds that no input makes the reader panic, that what it passes is JSON to others too, and that what it keeps is storable.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"batch":[{"type":"track","event":"A","userId":"u","properties":{"a":[1,2,{"b":null}],"c":"\ud83d\u0000"}}],"sentAt":"2026-01-01T00:00:00Z"}`,
		`{"batch":[1,"x",null,{}],"context":{"ip":"1.2.3.4"}}`, `{"event":"A","userId":7,"timestamp":1795301176}`, `{"batch":[[[[[]]]]]}`,
		"{\"batch\":[{\"type\":\"page\",\"name\":\"\xff\",\"anonymousId\":\"\\u0000\"}]}", `{"batch":[{"type":"alias","userId":1e400,"previousId":"-0.0"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []func([]byte, *Request) error{ReadBatch, func(b []byte, r *Request) error { return ReadOne(b, Track, r) }} {
			var r Request
			if err := read(body, &r); err != nil {
				if errs.As(err) == nil {
					t.Fatalf("error without a code: %v", err)
				}
				continue
			}
			if !json.Valid(trimBOM(body)) {
				t.Fatalf("%q passed and is no JSON", body)
			}
			for i := range r.Items {
				it := &r.Items[i]
				if it.Refusal != nil {
					continue
				}
				if !json.Valid(it.Text) || !utf8.Valid(it.Text) {
					t.Fatalf("%q kept as %q", body, it.Text)
				}
				e, ok := Parse(it.Text, it.Kind)
				if !ok || e.UserID != it.UserID || e.MessageID != it.MessageID || e.Name != it.Name {
					t.Fatalf("%q reads back as %+v", it.Text, e)
				}
				d := e.Details(r.Context, "203.0.113.9")
				for _, b := range [][]byte{d.Context, d.Traits, e.Body(&d)} {
					if len(b) > 0 && !json.Valid(b) {
						t.Fatalf("%q of %q", b, it.Text)
					}
				}
				for _, s := range []string{e.UserID, e.Name, e.MessageID, e.Title(&d), d.Campaign} {
					if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
						t.Fatalf("text %q of %q", s, it.Text)
					}
				}
			}
		}
	})
}

func trimBOM(b []byte) []byte { return []byte(strings.TrimPrefix(string(b), string(bom))) }

var typical = `{"timestamp":"2026-11-21T22:46:16.001Z","integrations":{"Segment.io":true},"type":"page","properties":{"path":"/page.html","referrer":"","search":"?utm_source=google&utm_medium=cpc","title":"Test shop","url":"http://127.0.0.1:18080/page.html?utm_source=google&utm_medium=cpc","name":"Home"},"name":"Home","context":{"page":{"path":"/page.html","referrer":"","search":"?utm_source=google&utm_medium=cpc","title":"Test shop","url":"http://127.0.0.1:18080/page.html?utm_source=google&utm_medium=cpc"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36","locale":"ml-IN","library":{"name":"analytics.js","version":"npm:next-1.84.3"},"campaign":{"source":"google","medium":"cpc","name":"spring sale"},"timezone":"Africa/Addis_Ababa"},"messageId":"ajs-next-1795301176001-7da4578b-b2d4-43b6-b8ce-6854fb8f3efd","anonymousId":"a4578bb2-d483-46f8-8e68-54fb8f3efdce","userId":null,"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}`

func BenchmarkRead(b *testing.B) {
	body := []byte(`{"batch":[` + strings.TrimSuffix(strings.Repeat(typical+",", 50), ",") + `]}`)
	b.SetBytes(int64(len(body)))
	var r Request
	for b.Loop() {
		if err := ReadBatch(body, &r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*50), "ns/event")
}

func BenchmarkParse(b *testing.B) {
	text := []byte(typical)
	for b.Loop() {
		e, ok := Parse(text, Page)
		if !ok {
			b.Fatal(errors.New("not read"))
		}
		d := e.Details(nil, "")
		_ = e.Title(&d)
	}
}

// TestQuoted puts every byte at every place of strings of all short lengths: the scanner, which goes in steps of eight bytes, must find what
// encoding/json finds.
func TestQuoted(t *testing.T) {
	for size := range 20 {
		for at := range size {
			for c := range 256 {
				for _, tail := range []string{`"`, `", "`, ``} {
					text := bytes.Repeat([]byte("a"), size)
					text[at] = byte(c)
					b := slices.Concat([]byte(`"`), text, []byte(tail))
					s := scanner{b: b}
					inside, ok := s.quoted()
					end := s.i
					if want := ok && json.Valid(b[:end]); ok != want {
						t.Fatalf("%q: taken, but it is no JSON", b)
					}
					if !ok {
						for n := 2; n <= len(b); n++ {
							if json.Valid(b[:n]) {
								t.Fatalf("%q: refused", b)
							}
						}
						continue
					}
					if string(inside) != string(b[1:end-1]) || s.high >= 0x80 != bytes.ContainsFunc(inside, func(r rune) bool { return r >= 0x80 }) {
						t.Fatalf("%q: %q, high %x", b, inside, s.high)
					}
				}
			}
		}
	}
}
