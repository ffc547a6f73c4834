package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

var errMissing = errors.New("PostgreSQL is not installed (looked for initdb under /usr/lib/postgresql and on the PATH)")

// hold makes the cluster, runs the server as a child and ends it when standard input closes, which happens when the test process is gone.
const hold = `trap 'rm -rf "$2"' EXIT
"$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 || { cat "$2/log" >&2; exit 1; }
"$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=on \
  -c shared_buffers=64MB -c max_connections=300 -c max_wal_size=512MB -c logging_collector=off >"$2/log" 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid`

// Cluster is a running server of its own, for programs that share one between test processes.
type Cluster struct {
	URL  string
	stop func()
}

// Stop ends the server and removes its files.
func (c *Cluster) Stop() { c.stop() }

// NewCluster starts a server that ends with this process or with Stop.
func NewCluster() (*Cluster, error) {
	for try := 1; ; try++ {
		c, err := newCluster()
		if err == nil || try == 3 || errors.Is(err, errMissing) { // the free port may be taken before the server has it
			return c, err
		}
	}
}

func newCluster() (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	attr, uid, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rapport-pg-")
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, uid, -1); err != nil {
		return nil, fmt.Errorf("hand over %s: %w", dir, err)
	}
	return serve(bin, dir, attr)
}

func serve(bin, dir string, attr *syscall.SysProcAttr) (*Cluster, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	cmd := exec.Command("sh", "-c", hold, "sh", bin, dir, strconv.Itoa(port))
	cmd.SysProcAttr = attr
	cmd.Dir = "/"
	pipe, err := cmd.StdinPipe() // its other end closes with this process, whatever ends it
	if err != nil {
		return nil, err
	}
	said := &strings.Builder{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	c := &Cluster{
		URL:  fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port),
		stop: func() { _ = pipe.Close(); <-ended },
	}
	if err := ready(c.URL, ended); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		c.Stop()
		return nil, fmt.Errorf("start: %w\n%s%s", err, said, log)
	}
	return c, nil
}

// ready waits until the server answers.
func ready(url string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-ended:
			return errors.New("the server ended")
		case <-tick.C:
		}
	}
}

// binaries finds the newest installed server.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	version := func(p string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(p))))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) > version(found[j]) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	p, err := exec.LookPath("initdb")
	if err != nil {
		return "", errMissing
	}
	if p, err = filepath.EvalSymlinks(p); err != nil {
		return "", err
	}
	return filepath.Dir(p), nil
}

// unprivileged says under which user the server runs: PostgreSQL refuses to run as root.
func unprivileged() (*syscall.SysProcAttr, int, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal is for the tests; the pipe ends the server
	if os.Getuid() != 0 {
		return attr, os.Getuid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, 0, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, int(uid), nil
	}
	return nil, 0, errors.New("running as root and there is neither a user postgres nor nobody to run the server as")
}
