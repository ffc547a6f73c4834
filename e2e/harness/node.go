package harness

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Driver is a Node program that uses an SDK or a browser. It gets its orders as one JSON argument and tells news as JSON lines.
type Driver struct {
	t      testing.TB
	name   string
	stderr *Text
	News   chan json.RawMessage // closed at its end
}

// Drive starts a driver from e2e/drive.
func Drive(t testing.TB, script string, orders any) *Driver {
	t.Helper()
	Modules(t)
	arg, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join("drive", script), string(arg))
	cmd.Dir = filepath.Join(Root(), "e2e")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	d := &Driver{t: t, name: script, stderr: &Text{}, News: make(chan json.RawMessage, 10_000)}
	cmd.Stderr = d.stderr
	stdin, err := cmd.StdinPipe() // its end tells the driver that we are gone
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := startLocked(cmd); err != nil {
		Missing(t, "start node: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(d.News)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 8<<20)
		for lines.Scan() {
			if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
				d.News <- json.RawMessage(line)
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		select {
		case <-done:
		case <-time.After(3 * time.Second):
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with the browser it started
		<-done
	})
	return d
}

// Next reads the next news into out and gives false at the driver's end. An error that the driver tells fails the test.
func (d *Driver) Next(within time.Duration, out any) bool {
	d.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	select {
	case line, ok := <-d.News:
		if !ok {
			return false
		}
		var bad struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(line, &bad); bad.Error != "" {
			d.t.Fatalf("%s: %s%s", d.name, bad.Error, Quote(d.stderr.String()))
		}
		if err := json.Unmarshal(line, out); err != nil {
			d.t.Fatalf("%s: %v in %s", d.name, err, line)
		}
		return true
	case <-deadline.C:
		d.t.Fatalf("%s has nothing to tell for %s%s", d.name, within, Quote(d.stderr.String()))
		return false
	}
}

// Stderr is what the driver complained about.
func (d *Driver) Stderr() string { return d.stderr.String() }
