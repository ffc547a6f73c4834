package systemd_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/platform/systemd"
)

func hear(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func next(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	for env, name := range map[string]string{path: path, "@rapport-test": "@rapport-test"} {
		c := hear(t, name)
		m := systemd.From([]string{"A=b", "NOTIFY_SOCKET=" + env, "WATCHDOG_USEC=20000", "WATCHDOG_PID=7"}, 7)
		m.Ready("listening")
		if got := next(t, c); got != "READY=1\nSTATUS=listening" {
			t.Error(got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		asked, done := 0, make(chan struct{})
		go func() {
			defer close(done)
			m.Watch(ctx, func(context.Context) error {
				if asked++; asked == 2 {
					return errors.New("hangs")
				}
				if asked == 4 {
					cancel()
				}
				return nil
			})
		}()
		<-done
		m.Stopping()
		var signs int
		for {
			got := next(t, c)
			if strings.HasPrefix(got, "STOPPING=1") {
				break
			}
			if got == "WATCHDOG=1" {
				signs++
			}
		}
		if signs != 3 || asked != 4 {
			t.Errorf("%d signs of life of %d", signs, asked)
		}
	}
}

// Nobody listens, or it is not for us: nothing happens, and nothing waits.
func TestNobody(t *testing.T) {
	for _, env := range [][]string{nil, {"NOTIFY_SOCKET=/nowhere/at/all"}, {"NOTIFY_SOCKET=" + t.TempDir() + "/s", "WATCHDOG_USEC=1000", "WATCHDOG_PID=8"},
		{"NOTIFY_SOCKET=" + t.TempDir() + "/s", "WATCHDOG_USEC=rubbish"}} {
		m := systemd.From(env, 7)
		m.Ready("x")
		m.Watch(t.Context(), func(context.Context) error { t.Error("asked"); return nil })
		m.Stopping()
	}
}
