package backup

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rapport/internal/base/clock"
)

func TestDue(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		schedule, last, now string
		want                bool
	}{
		{"off", "", "2026-11-25 12:00", false},
		{"", "", "2026-11-25 12:00", false},
		{"6h", "", "2026-11-25 12:00", true},
		{"6h", "2026-11-25 06:01", "2026-11-25 12:00", false},
		{"6h", "2026-11-25 06:00", "2026-11-25 12:00", true},
		{"03:30", "2026-11-24 03:30", "2026-11-25 03:29", false},
		{"03:30", "2026-11-24 03:30", "2026-11-25 03:30", true},
		{"03:30", "2026-11-25 03:31", "2026-11-25 23:00", false},
		{"03:30", "2026-11-20 03:31", "2026-11-25 01:00", true},  // it was off for days
		{"02:30", "2026-10-24 02:30", "2026-10-25 04:00", true},  // the night with two half past two
		{"02:30", "2026-03-28 02:30", "2026-03-29 04:00", true},  // the night without
		{"02:30", "2026-10-25 03:00", "2026-10-25 23:00", false}, // once is enough
	} {
		s, err := ParseSchedule(c.schedule, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Due(at(c.last), at(c.now)); got != c.want {
			t.Errorf("%s, last %s, now %s: %v", c.schedule, c.last, c.now, got)
		}
		if c.schedule != "" && c.schedule != "6h" && s.String() != c.schedule {
			t.Errorf("%s is written %s", c.schedule, s)
		}
	}
	for _, bad := range []string{"soon", "25:00", "10s", "-1h"} {
		if _, err := ParseSchedule(bad, berlin); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestForget: the newest stay; what is no backup of the schedule is nobody's to remove.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	names := []string{"rapport-20261121T033000Z.tar.zst", "rapport-20261122T033000Z.tar.zst", "rapport-20261123T033000Z.tar.zst", "rapport-20261124T033000Z.tar.zst",
		"before-upgrade-schema4-20261101T000000Z.tar.zst", "rapport-mine.tar.zst", "notes.txt"}
	for _, n := range append(names, "rapport-20261124T040000Z.tar.zst.part") {
		if err := os.WriteFile(filepath.Join(dir, n), []byte(n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := New(Deps{Clock: clock.NewFake(time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)), Log: slog.New(slog.DiscardHandler), Plan: Plan{Dir: dir, Keep: 2}})
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Stop(context.Background()) }()
	s.forget(2)
	left, _ := os.ReadDir(dir)
	var got []string
	for _, e := range left {
		got = append(got, e.Name())
	}
	want := map[string]bool{names[2]: true, names[3]: true, names[4]: true, names[5]: true, names[6]: true}
	for _, n := range got {
		if !want[n] {
			t.Errorf("%s is left", n)
		}
		delete(want, n)
	}
	for n := range want {
		t.Errorf("%s is gone", n)
	}
	if s.Last().Day() != 24 {
		t.Errorf("the newest is of %s", s.Last())
	}
}
