// Package systemd tells the service manager how the program is: ready, stopping, alive. The protocol is that of sd_notify(3): lines of text
// in a datagram to the socket that NOTIFY_SOCKET names.
//
// Without that variable every call does nothing, so the program is the same under any other manager, in a container or in a terminal. A
// manager that does not listen is no reason to fail: what cannot be sent is dropped.
//
// The watchdog (WATCHDOG_USEC) is fed only while a question to the program itself is answered, at half the time the manager waits: a process that
// hangs is then ended and started again, and loses nothing, since what was acknowledged is on disk.
package systemd

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"
)

// Manager is who started the program; the zero value is nobody.
type Manager struct {
	socket string
	every  time.Duration // between two signs of life; 0: none is waited for
}

// From reads what the manager left in the environment. pid is ours: a watchdog may be meant for another process.
func From(environ []string, pid int) Manager {
	env := map[string]string{}
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok {
			env[name] = value
		}
	}
	m := Manager{socket: env["NOTIFY_SOCKET"]}
	micros, err := strconv.ParseInt(env["WATCHDOG_USEC"], 10, 64)
	if meant := env["WATCHDOG_PID"]; err == nil && micros > 0 && (meant == "" || meant == strconv.Itoa(pid)) {
		m.every = time.Duration(micros) * time.Microsecond / 2
	}
	return m
}

// Ready says that the program takes work, and what it is doing in words.
func (m Manager) Ready(status string) { m.tell("READY=1\nSTATUS=" + status) }

// Stopping says that it ends.
func (m Manager) Stopping() { m.tell("STOPPING=1\nSTATUS=draining what was accepted") }

// Watch feeds the watchdog until ctx ends, as long as alive says so.
func (m Manager) Watch(ctx context.Context, alive func(context.Context) error) {
	if m.socket == "" || m.every == 0 {
		return
	}
	t := time.NewTicker(m.every)
	defer t.Stop()
	for {
		asked, cancel := context.WithTimeout(ctx, m.every)
		if alive(asked) == nil {
			m.tell("WATCHDOG=1")
		}
		cancel()
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m Manager) tell(lines string) {
	if m.socket == "" {
		return
	}
	name := m.socket
	if strings.HasPrefix(name, "@") { // the abstract namespace
		name = "\x00" + name[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write([]byte(lines))
}
