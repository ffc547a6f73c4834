package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"rapport/internal/base/errs"
)

const (
	lockName   = "rapport.lock"
	socketName = "control.sock"
)

// errHeld says that another process has the data directory.
var errHeld = errors.New("data directory is held")

// hold is the claim of one process on a data directory. The kernel gives it back when the process ends, however it ends.
type hold struct{ file *os.File }

// holdDirectory makes the data directory if it is missing and claims it. It gives errHeld where a server runs on it.
func holdDirectory(dir string) (*hold, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, errs.New(errs.Invalid, "data.not_writable",
			"The data directory %s cannot be made: %v. Choose another one with --data, or give its owner the right to write.", dir, plainCause(err))
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errs.New(errs.Invalid, "data.not_writable",
			"The data directory %s is not writable: %v. Choose another one with --data, or give this user the right to write.", dir, plainCause(err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid()) // for a person who looks; nothing depends on it
	}
	return &hold{f}, nil
}

// holder gives the process that has the directory, "" if it cannot be told.
func holder(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, lockName))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (h *hold) release() {
	if h != nil {
		_ = h.file.Close()
	}
}

func plainCause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// socketPath is where a server listens for commands of its owner. A socket's path may have about 100 bytes, so a deep data
// directory is reached through a short link that only the owner can follow.
func socketPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	p := filepath.Join(abs, socketName)
	if len(p) < 100 {
		return p, nil
	}
	short := filepath.Join(os.TempDir(), fmt.Sprintf("rapport-%d-%08x", os.Getuid(), hashOf(abs)))
	if err := os.MkdirAll(short, 0o700); err != nil {
		return "", fmt.Errorf("make socket directory: %w", err)
	}
	info, err := os.Lstat(short)
	if err != nil {
		return "", err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(st.Uid) != os.Getuid() || info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("%s belongs to somebody else", short)
	}
	return filepath.Join(short, socketName), nil
}

func hashOf(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
