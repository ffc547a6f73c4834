package disk

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/base/errs"
)

const gb = 1 << 30

// TestStates walks down and up again; between the limits nothing flickers.
func TestStates(t *testing.T) {
	var log bytes.Buffer
	free := int64(100 * gb)
	var failure error
	g := New(Config{Dir: "/data", Warn: 5 * gb, Reserve: gb, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Space: func(string) (Space, error) { return Space{Free: free, Total: 200 * gb}, failure }})
	for i, c := range []struct {
		free float64
		want State
	}{
		{100, OK}, {5, OK}, {4.99, Low}, {5.2, Low}, {5.5, OK}, {3, Low}, {1, Low}, {0.99, Full}, {1.2, Full}, {1.25, Low}, {0.5, Full}, {0, Full}, {50, OK},
	} {
		free = int64(c.free * gb)
		g.Look()
		if g.State() != c.want || g.Space().Free != free {
			t.Errorf("%d: %.2f GB free is %s, want %s", i, c.free, g.State(), c.want)
		}
		err := g.Room()
		if (err != nil) != (c.want == Full) {
			t.Errorf("%d: room: %v", i, err)
		}
		if err != nil && (!errs.Is(err, errs.Unavailable) || errs.As(err).RetryAfter == 0) {
			t.Errorf("the refusal is %v", err)
		}
	}
	for _, want := range []string{"level=WARN", "level=ERROR", "there is room on the disk again", "free_mb=", "directory=/data"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 7 {
		t.Errorf("%d lines for 7 changes:\n%s", n, log.String())
	}
	free = 0
	g.Look()
	failure = errors.New("not now")
	g.Look()
	if g.State() != OK {
		t.Errorf("a file system that cannot be asked counts as %s", g.State())
	}
}

// TestWatches: what changes is seen without being asked.
func TestWatches(t *testing.T) {
	var free atomic.Int64
	free.Store(100 * gb)
	looked := make(chan struct{}, 100)
	g := New(Config{Warn: gb, Reserve: gb, Log: slog.New(slog.DiscardHandler), Space: func(string) (Space, error) {
		select {
		case looked <- struct{}{}:
		default:
		}
		return Space{Free: free.Load()}, nil
	}})
	if err := g.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-looked
	free.Store(0)
	deadline := time.NewTimer(10 * time.Second)
	for g.State() != Full {
		select {
		case <-looked:
		case <-deadline.C:
			t.Fatal("it was not seen")
		}
	}
	if err := g.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestOf(t *testing.T) {
	s, err := Of(t.TempDir())
	if err != nil || s.Free <= 0 || s.Total < s.Free {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := Of("/no/such/directory"); err == nil {
		t.Error("a directory that is not there has room")
	}
	var nobody *Guard
	if nobody.Room() != nil || nobody.State() != OK {
		t.Error("no guard refuses")
	}
}
