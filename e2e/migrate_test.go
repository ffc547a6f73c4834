package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb/pgtest"
)

// TestMigrate moves a shop from a data directory to PostgreSQL and back into another directory. Every table is compared by the command itself;
// here the same questions get the same answers on all three, events go on being taken, and messages of before are known as such.
func TestMigrate(t *testing.T) {
	t.Parallel()
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("loader", false)
	owner.Upload("customers", "people.csv", []byte("email,name,country,loves\nada@shop.example,Ada Lovelace,GB,1.50\nमीना@shop.example,मीना कुमारी,IN,1e3\n"), nil)
	l := newLoader(t, s.URL, key)
	harness.Until(t, time.Minute, "the loader goes on", func() (bool, string) { return l.progress() > 60, fmt.Sprint(l.progress()) })
	l.stop()
	identity := `{"batch":[{"type":"track","event":"Looked","anonymousId":"device-1","messageId":"look-1"},
		{"type":"identify","userId":"late","anonymousId":"device-1","messageId":"who-1","traits":{"email":"late@shop.example","size":1.50,"nested":{"z":1,"a":[1,2.0,"x"]}}}]}`
	if code, body, err := harness.Track(owner.Client, s.URL, key, []byte(identity)); err != nil || code != 200 {
		t.Fatalf("%d %s %v", code, body, err)
	}
	owner.Drained(time.Minute)
	ask := func(a *harness.API) map[string]any {
		t.Helper()
		out := map[string]any{}
		get := func(path string) (v any) {
			t.Helper()
			a.Get(path, &v)
			return v
		}
		now := time.Now()
		days := "?from=" + now.AddDate(0, 0, -2).Format(time.DateOnly) + "&to=" + now.AddDate(0, 0, 3).Format(time.DateOnly)
		harness.Until(t, 20*time.Second, "the overview has the orders", func() (bool, string) {
			v := get("/api/v1/reports/overview" + days).(map[string]any)
			return fmt.Sprint(v["orders"]) == fmt.Sprint(l.orders), fmt.Sprint(v)
		})
		for _, path := range []string{"/api/v1/reports/overview" + days, "/api/v1/customers?limit=200&sort=name", "/api/v1/customers?q=lovelace", "/api/v1/customers?q=कुमारी",
			"/api/v1/customers?email=late@shop.example", "/api/v1/orders?limit=200", "/api/v1/products?limit=50", "/api/v1/events?limit=500&name=Looked",
			"/api/v1/imports", "/api/v1/keys", "/api/v1/users", "/api/v1/settings"} {
			out[path] = get(path)
		}
		for _, who := range []string{"late", "kill-user-3"} {
			c := a.Only("external_id=" + who)
			out["timeline of "+who] = get("/api/v1/customers/" + c.ID + "/timeline?limit=200")
			out["profile of "+who] = get("/api/v1/customers/" + c.ID)
		}
		var status map[string]any
		a.Get("/api/v1/status", &status)
		out["counters"] = status["ingest"]
		for k, v := range out { // what sign-ins and requests change
			b, _ := json.Marshal(v)
			out[k] = strip(b)
		}
		return out
	}
	want := ask(owner)
	url := pgtest.URL(t)
	if code, _, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url); code != 1 || !strings.Contains(said, "Stop it") {
		t.Errorf("beside a running server: %d %s", code, said)
	}
	s.Terminate()
	code, out, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url)
	if code != 0 || !strings.Contains(out, "moved and compared") {
		t.Fatalf("to PostgreSQL: %d %s %s", code, out, said)
	}
	t.Log(strings.TrimSpace(out))
	sign := func(s *harness.Server) *harness.API {
		t.Helper()
		a := harness.NewAPI(t, s.URL, "")
		a.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
		return a
	}
	env := []string{"RAPPORT_DATABASE_URL=" + url}
	on := harness.Start(t, dir, "127.0.0.1:0", env...)
	if diff := cmp.Diff(want, ask(sign(on))); diff != "" {
		t.Errorf("PostgreSQL answers otherwise (-directory +postgresql):\n%s", diff)
	}
	if code, _, said := harness.Run(t, nil, "", "migrate", "--data", harness.Start(t, harness.Dir(t), "127.0.0.1:0").Dir, "--to", url); code != 1 {
		t.Errorf("from a directory in use into a database in use: %d %s", code, said)
	}
	on.Terminate()
	back := filepath.Join(filepath.Dir(dir), "back")
	code, out, said = harness.Run(t, env, "", "migrate", "--data", dir, "--to", back)
	if code != 0 || !strings.Contains(out, "moved and compared") {
		t.Fatalf("back: %d %s %s", code, out, said)
	}
	t.Log(strings.TrimSpace(out))
	if logs, _ := filepath.Glob(filepath.Join(back, "*-wal")); len(logs) > 0 {
		t.Errorf("the new directory is not as after a clean stop: %v", logs)
	}
	home := harness.Start(t, back, "127.0.0.1:0")
	again := sign(home)
	if diff := cmp.Diff(want, ask(again)); diff != "" {
		t.Errorf("the second directory answers otherwise (-first +second):\n%s", diff)
	}
	if code, body, err := harness.Track(again.Client, home.URL, key, []byte(identity)); err != nil || code != 200 {
		t.Fatalf("%d %s %v", code, body, err)
	}
	if now := again.Drained(time.Minute); now.Duplicates < 2 {
		t.Errorf("what came before is not known: %+v", now)
	}
	home.Terminate()
	for _, c := range []struct {
		name, want string
		args       []string
		env        []string
	}{
		{"into a database that is not empty", "not empty", []string{"--data", back, "--to", url}, nil},
		{"into a directory that is not empty", "not empty", []string{"--data", dir, "--to", back}, env},
		{"to the same engine", "already", []string{"--data", back, "--to", back + "-2"}, nil},
		{"from nowhere", "no data directory", []string{"--data", back + "-3", "--to", url}, nil},
	} {
		if code, _, said := harness.Run(t, c.env, "", append([]string{"migrate"}, c.args...)...); code == 0 || !strings.Contains(said, c.want) {
			t.Errorf("%s: %d %s", c.name, code, said)
		}
	}
}

// strip leaves out what tells when somebody last used something.
func strip(b []byte) any {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return string(b)
	}
	var walk func(v any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			for _, k := range []string{"last_used_at", "last_sign_in_at", "last_seen_online_at", "next_cursor"} {
				delete(x, k)
			}
			for _, inner := range x {
				walk(inner)
			}
		case []any:
			for _, inner := range x {
				walk(inner)
			}
		}
	}
	walk(v)
	return v
}
