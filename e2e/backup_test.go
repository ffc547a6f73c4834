package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb/pgtest"
)

// TestBackup takes backups of a server under load, kills it, restores them elsewhere, and starts on what was restored: everything that was
// acknowledged before a backup began is there once, and the counters, revenue and profiles agree.
func TestBackup(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		testBackup(t, nil, func(*testing.T) []string { return nil })
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		env := func(t *testing.T) []string { return []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)} }
		testBackup(t, env(t), env)
	})
}

func testBackup(t *testing.T, env []string, fresh func(*testing.T) []string) {
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	owner := s.Setup()
	key := owner.IngestKey("loader", false)
	upload := owner.Upload("customers", "people.csv", []byte("email,name\nada@shop.example,Ada\n"), nil)
	l := newLoader(t, s.URL, key)
	going := func(n int) {
		before := l.progress()
		harness.Until(t, time.Minute, "the loader goes on", func() (bool, string) { return l.progress() > before+n, fmt.Sprint(l.progress()) })
	}
	rounds := harness.Short(2, 20)
	type taken struct {
		file   string
		before *loader // what had been acknowledged when it began
	}
	var all []taken
	for i := range rounds {
		going(20)
		b := taken{filepath.Join(t.TempDir(), fmt.Sprintf("backup-%d.tar.zst", i)), l.copy()}
		code, out, said := harness.Run(t, env, "", "backup", b.file, "--data", dir)
		if code != 0 || !strings.Contains(out, "backed up") {
			t.Fatalf("backup: %d %s %s", code, out, said)
		}
		t.Log(strings.TrimSpace(out))
		all = append(all, b)
	}
	going(5)
	l.stop()
	if l.failure != nil {
		t.Fatal(l.failure)
	}
	s.Kill()
	for _, b := range all {
		env := fresh(t)
		target := harness.Dir(t)
		code, out, said := harness.Run(t, env, "", "restore", b.file, "--data", target)
		if code != 0 || !strings.Contains(out, "restored") {
			t.Fatalf("restore: %d %s %s", code, out, said)
		}
		r := harness.Start(t, target, "127.0.0.1:0", env...)
		again := harness.NewAPI(t, r.URL, "")
		again.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
		state := again.Drained(time.Minute)
		checkRestored(t, again, state, l, b.before)
		var file struct {
			Status string `json:"status"`
		}
		again.Get("/api/v1/imports/"+upload, &file)
		if file.Status == "" {
			t.Error("the import is not there")
		}
		// It is a whole program again: the same messages are known as such, and new ones are taken.
		sent := newLoader(t, r.URL, key)
		harness.Until(t, time.Minute, "the restored server takes events", func() (bool, string) { return sent.progress() > 10, "" })
		sent.stop()
		twice := again.Drained(time.Minute)
		if twice.Duplicates == 0 || sent.failure != nil {
			t.Errorf("after sending again: %+v, %v", twice, sent.failure)
		}
		// A second restore into it is refused, and so is one into the directory of a running server.
		for _, into := range []string{target, dir} {
			code, _, said = harness.Run(t, env, "", "restore", b.file, "--data", into)
			if code != 1 || !(strings.Contains(said, "not empty") || strings.Contains(said, "Process")) {
				t.Errorf("restore into a directory that is in use: %d %s", code, said)
			}
		}
		r.Terminate()
	}
	refusals(t, env, fresh, all[0].file)
}

// refusals tries what cannot be restored: nothing is made, and the message says what is wrong.
func refusals(t *testing.T, env []string, fresh func(*testing.T) []string, file string) {
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flip := append([]byte(nil), good...)
	flip[len(flip)/2] ^= 0x10
	for _, c := range []struct {
		name, want string
		content    []byte
	}{
		{"cut off", "damaged|whole", good[:len(good)*2/3]},
		{"one bit", "damaged", flip},
		{"another file", "not a backup", []byte("hello")},
		{"empty", "not a backup", nil},
	} {
		path := filepath.Join(t.TempDir(), "bad.tar.zst")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "restored")
		code, _, said := harness.Run(t, fresh(t), "", "restore", path, "--data", target)
		ok := false
		for _, w := range strings.Split(c.want, "|") {
			ok = ok || strings.Contains(said, w)
		}
		if code != 1 || !ok {
			t.Errorf("%s: %d %q", c.name, code, said)
		}
		if left, _ := filepath.Glob(target + "*"); len(left) > 0 {
			t.Errorf("%s: %v is left", c.name, left)
		}
	}
	// What is no backup is not written over.
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte("dear diary"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := harness.Run(t, env, "", "backup", notes, "--data", harness.Dir(t)); code != 1 || !strings.Contains(said, "not a backup") {
		t.Errorf("backup over another file: %d %s", code, said)
	}
}

// copy gives what a loader knows at this moment.
func (l *loader) copy() *loader {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &loader{acked: map[string]bool{}, revenue: l.revenue, orders: l.orders}
	for id := range l.acked {
		c.acked[id] = true
	}
	return c
}

// checkRestored holds a restored server against what was acknowledged before the backup began, and against what was ever sent.
func checkRestored(t *testing.T, a *harness.API, state harness.Ingest, sent, before *loader) {
	t.Helper()
	count := map[string]int{}
	for _, name := range []string{loadName, "Order Completed"} {
		for _, e := range a.Events(name) {
			count[e.MessageID]++
		}
	}
	missing, twice, alien := 0, 0, 0
	for id := range before.acked {
		if count[id] == 0 {
			missing++
		}
	}
	for id, n := range count {
		if n > 1 {
			twice++
		}
		if !sent.acked[id] && !sent.unsure[id] {
			alien++
		}
	}
	t.Logf("%d acknowledged before, %d there; %+v", len(before.acked), len(count), state)
	if missing+twice+alien > 0 || int64(len(count)) != state.Applied {
		t.Errorf("%d acknowledged events are missing, %d are there twice, %d were never sent; the counters say %+v", missing, twice, alien, state)
	}
	var orders, spent, told int64
	for i := range 40 {
		c := a.Only(fmt.Sprintf("external_id=kill-user-%d", i))
		orders += c.Orders
		spent += harness.Cents(t, c.Spent.Amount)
	}
	var overview struct {
		Orders  int64                             `json:"orders"`
		Revenue struct{ Amount, Currency string } `json:"revenue"`
	}
	now := time.Now()
	harness.Until(t, 20*time.Second, "the overview has the orders of the profiles", func() (bool, string) {
		a.Get("/api/v1/reports/overview?from="+now.AddDate(0, 0, -2).Format(time.DateOnly)+"&to="+now.AddDate(0, 0, 3).Format(time.DateOnly), &overview)
		told = harness.Cents(t, overview.Revenue.Amount)
		return overview.Orders == orders && told == spent, fmt.Sprintf("%+v, the profiles have %d and %d", overview, orders, spent)
	})
	inEvents := int64(0)
	for id := range count {
		if strings.HasSuffix(id, "-3") && !strings.HasSuffix(id, "-13") && count[id] == 1 && isOrder(id) {
			inEvents++
		}
	}
	if orders != inEvents || orders < int64(before.orders) {
		t.Errorf("%d orders, %d events of orders, %d orders were acknowledged before", orders, inEvents, before.orders)
	}
}

// isOrder tells whether a message of the loader was an order: kill-WORKER-BATCH-3 of a batch that is not given up.
func isOrder(id string) bool {
	var w, n, i int
	if _, err := fmt.Sscanf(id, "kill-%d-%d-%d", &w, &n, &i); err != nil {
		return false
	}
	return i == 3 && n%7 != 6
}

// TestScheduledBackup: a server takes backups by itself, keeps as many as it is told, lists them, hands them out, and they can be restored.
func TestScheduledBackup(t *testing.T) {
	t.Parallel()
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0", "RAPPORT_BACKUP_SCHEDULE=1h", "RAPPORT_BACKUP_KEEP=2")
	owner := s.Setup()
	var list struct {
		Items []struct {
			Name  string `json:"name"`
			Bytes int64  `json:"bytes"`
		} `json:"items"`
		Running  bool   `json:"running"`
		Failed   string `json:"failed"`
		Schedule string `json:"schedule"`
	}
	look := func(newest string) {
		t.Helper()
		harness.Until(t, 30*time.Second, "a backup is taken", func() (bool, string) {
			owner.Get("/api/v1/backups", &list)
			return !list.Running && len(list.Items) > 0 && list.Items[0].Name != newest, fmt.Sprintf("%+v", list)
		})
	}
	look("")
	if list.Failed != "" || list.Schedule != "1h0m0s" {
		t.Errorf("%+v", list)
	}
	first := list.Items[0].Name
	for range 2 { // their names tell the second
		newest := list.Items[0].Name
		harness.Until(t, 30*time.Second, "another backup begins", func() (bool, string) {
			if time.Now().UTC().Format("20060102T150405Z") == strings.TrimSuffix(strings.TrimPrefix(newest, "rapport-"), ".tar.zst") {
				return false, newest
			}
			code, body, err := owner.Do("POST", "/api/v1/backups", nil)
			return code == 202, fmt.Sprint(code, string(body), err)
		})
		look(newest)
	}
	if len(list.Items) != 2 || list.Items[1].Name == first {
		t.Errorf("two are to be kept: %+v", list)
	}
	code, body, err := owner.Do("GET", "/api/v1/backups/"+list.Items[0].Name+"/file", nil)
	if err != nil || code != 200 || int64(len(body)) != list.Items[0].Bytes {
		t.Fatalf("download: %d %v, %d bytes of %d", code, err, len(body), list.Items[0].Bytes)
	}
	if code, _, _ := owner.Do("GET", "/api/v1/backups/..%2Frapport.db/file", nil); code != 404 {
		t.Errorf("another file: %d", code)
	}
	file := filepath.Join(t.TempDir(), "downloaded.tar.zst")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	target := harness.Dir(t)
	if code, out, said := harness.Run(t, nil, "", "restore", file, "--data", target); code != 0 {
		t.Fatalf("restore: %d %s %s", code, out, said)
	}
	r := harness.Start(t, target, "127.0.0.1:0")
	harness.NewAPI(t, r.URL, "").Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	if _, body, _ := owner.Do("GET", "/metrics", nil); !strings.Contains(string(body), "rapport_backup_last_timestamp_seconds 1.") {
		t.Error("the metrics do not say when the last backup was taken")
	}
}
