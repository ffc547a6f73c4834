package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"rapport/internal/access/role"
)

// control serves the API on a socket in the data directory. Only the owner of the directory can open it, so whoever speaks there is
// the operator himself and may do everything; the audit log names him "command line".
type control struct {
	server *http.Server
	path   string
	done   chan error
}

type operatorKey struct{}

// operator gives the principal of a request that came through the control socket.
func operator(ctx context.Context) (role.Principal, bool) {
	if ctx.Value(operatorKey{}) == nil {
		return role.Principal{}, false
	}
	return role.Principal{Kind: role.KindSystem, Name: "command line"}, true
}

func openControl(dir string, h http.Handler) (*control, error) {
	path, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	// Left over from a process that was killed; the lock on the directory says that it is gone.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old control socket: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect control socket: %w", err), ln.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/debug/pprof/", pprof.Index) // for the operator alone: where time and memory go
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	c := &control{path: path, done: make(chan error, 1), server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, operatorKey{}, true)
		},
	}}
	go func() { c.done <- ignoreClosed(c.server.Serve(ln)) }()
	return c, nil
}

func (c *control) close(ctx context.Context) error {
	return errors.Join(c.server.Shutdown(ctx), <-c.done)
}
