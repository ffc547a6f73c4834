//go:build linux

package ingest

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"rapport/internal/platform/sqldb/dbtest"
)

const fullDisk = "RAPPORT_TEST_FULL_DISK"

// TestFullDisk runs itself in a child whose files may not grow any more, and holds that it is told apart and passes: refused while it lasts, taken
// again when there is room, nothing lost that was acknowledged.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullDisk) == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		c.Env = append(os.Environ(), fullDisk+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	r := newRig(t, dbtest.SQLite(t))
	s := r.open(t)
	acknowledged := map[string]bool{}
	event := func(i int) (int, string) {
		name := fmt.Sprint("m", i)
		code, h, a := send(t, s, "POST", "/v1/track", "server", fmt.Appendf(nil, `{"event":"A","userId":"u","messageId":"%s","properties":{"x":"%s"}}`,
			name, strings.Repeat(fmt.Sprintf("%x", i*7919), 2000)))
		switch code {
		case 200:
			acknowledged[name] = true
		case 503:
			if h.Get("Retry-After") == "" {
				t.Fatalf("no Retry-After: %v", h)
			}
		default:
			t.Fatalf("%d %v", code, a)
		}
		return code, fmt.Sprint(a["code"])
	}
	event(0)
	drain(t, s)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = 100 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	full := 0
	for i := 1; i < 400 && full < 3; i++ {
		if code, reason := event(i); code == 503 {
			full++
			if reason != "ingest.disk_full" {
				t.Errorf("the reason given is %s", reason)
			}
		}
	}
	if full < 3 {
		t.Fatal("the disk never was full")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	for i := 1000; i < 1010; i++ {
		if code, reason := event(i); code != 200 {
			t.Fatalf("room again, but %d %s", code, reason)
		}
	}
	drain(t, s)
	stop(t, s)
	got := map[string]int{}
	for _, e := range r.shelf.all() {
		got[e.MessageID]++
	}
	for m := range acknowledged {
		if got[m] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", m, got[m])
		}
	}
	t.Logf("%d acknowledged around a full disk", len(acknowledged))
}
