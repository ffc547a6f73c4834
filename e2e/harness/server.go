package harness

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is one run of `rapport serve`.
type Server struct {
	t      testing.TB
	Dir    string
	URL    string // http://127.0.0.1:port
	env    []string
	cmd    *exec.Cmd
	stderr *Text
	done   chan struct{} // closed when the process has ended
	err    error         // of Wait, after done
	Took   time.Duration // from exec to the line that says where it listens
}

// Text collects what a process writes.
type Text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *Text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *Text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

const startWithin = 60 * time.Second

// Command prepares a run of the program with a clean environment.
func Command(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(Binary(t), args...)
	cmd.Dir = os.TempDir()
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "RAPPORT_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// Run runs a command to its end and gives its exit code and what it said.
func Run(t testing.TB, env []string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := Command(t, env, args...)
	return finish(t, cmd, stdin)
}

func finish(t testing.TB, cmd *exec.Cmd, stdin string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// Start runs a server on a data directory and waits until it says where it listens. Listen is "127.0.0.1:0" for any port.
func Start(t testing.TB, dir, listen string, env ...string) *Server {
	t.Helper()
	return StartArgs(t, dir, listen, env)
}

// StartArgs is Start with more arguments.
func StartArgs(t testing.TB, dir, listen string, env []string, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, Dir: dir, env: env}
	s.cmd = Command(t, env, append([]string{"serve", "--data", dir, "--listen", listen}, args...)...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{}
	return s.start()
}

// StartAs runs an installed program as another user, in his directory; args say all, but for the port.
func StartAs(t testing.TB, uid, gid uint32, program, dir string, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, Dir: dir}
	s.cmd = exec.Command(program, args...)
	s.cmd.Dir = dir
	s.cmd.Env = []string{"PATH=/usr/bin:/bin", "RAPPORT_DATA=" + dir, "RAPPORT_LISTEN=127.0.0.1:0"}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return s.start()
}

func (s *Server) start() *Server {
	t := s.t
	t.Helper()
	s.stderr, s.done = &Text{}, make(chan struct{})
	s.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	s.cmd.Stderr = s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := startLocked(s.cmd); err != nil {
		t.Fatal(err)
	}
	first := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 0 {
				first <- lines.Text()
			}
		}
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(s.end)
	deadline := time.NewTimer(startWithin)
	defer deadline.Stop()
	select {
	case line := <-first:
		s.Took = time.Since(began)
		url, ok := strings.CutPrefix(line, "listening on ")
		if !ok {
			t.Fatalf("the first line on standard output is %q%s", line, Quote(s.stderr.String()))
		}
		s.URL = url
	case <-s.done:
		t.Fatalf("the server ended: %v%s", s.err, Quote(s.stderr.String()))
	case <-deadline.C:
		t.Fatalf("no word of the server within %s%s", startWithin, Quote(s.stderr.String()))
	}
	return s
}

// startLocked starts a command from a thread of its own that lives on, since the death signal comes with the end of the thread.
func startLocked(cmd *exec.Cmd) error {
	ask := make(chan error, 1)
	starters <- func() { ask <- cmd.Start() }
	return <-ask
}

var starters = func() chan func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
}()

// Address is host:port, for a restart on the same port.
func (s *Server) Address() string { return strings.TrimPrefix(s.URL, "http://") }

// Log gives what the server wrote to standard error.
func (s *Server) Log() string { return s.stderr.String() }

// Done is closed when the process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Terminate asks the server to stop and wants it to drain and leave with 0.
func (s *Server) Terminate() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if code := s.wait(60 * time.Second); code != 0 {
		s.t.Fatalf("TERM: exit code %d%s", code, Quote(s.stderr.String()))
	}
}

// Kill ends the server with -9.
func (s *Server) Kill() {
	s.t.Helper()
	_ = s.cmd.Process.Kill()
	s.wait(20 * time.Second)
}

// Again starts another server where this one was: the same directory, address and environment.
func (s *Server) Again() *Server {
	s.t.Helper()
	return Start(s.t, s.Dir, s.Address(), s.env...)
}

// Env is what the server was given in the environment, for commands on the same data.
func (s *Server) Env() []string { return s.env }

// Pid is the process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

func (s *Server) wait(within time.Duration) int {
	s.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	select {
	case <-s.done:
	case <-deadline.C:
		_ = s.cmd.Process.Signal(syscall.SIGQUIT) // goroutine dump into the log
		select {
		case <-s.done:
		case <-time.After(5 * time.Second):
			_ = s.cmd.Process.Kill()
		}
		s.t.Fatalf("the server has not ended after %s%s", within, Quote(s.stderr.String()))
	}
	return s.cmd.ProcessState.ExitCode()
}

func (s *Server) end() {
	select {
	case <-s.done:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	if s.t.Failed() {
		s.t.Logf("log of the server:%s", Quote(s.stderr.String()))
	}
}
