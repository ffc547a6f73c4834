// Package scratch makes directories for work that counts only when all of it is done: they get their place by being renamed, or are thrown away.
//
//	Make ──► filling ──Seal──► whole ──Become──► whole, in its place ──Settle──► an ordinary directory
//
// A note in the directory says what is being made, and whether it is whole. The one who works holds a lock on the note, which the kernel gives
// back when he dies. So Sweep can tell what a dead one left from what somebody works on, and both from what was never ours: it removes
// a directory only if it has the prefix, is empty or holds a note, and nobody holds the lock. A directory that was given its place and still has
// its note is whole; the one who opens it calls Settle. One that is not whole must not be opened at all.
//
// Announces nothing.
package scratch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// NoteName is the file that tells what a directory is.
const NoteName = ".rapport-unfinished"

// Note is what it says.
type Note struct {
	What  string `json:"what"`  // for people: "restore of FILE into DIR"
	Token string `json:"token"` // the same in every place in which this work leaves its mark
	Whole bool   `json:"whole"`
}

// Dir is a directory that is being filled. Not safe for concurrent use.
type Dir struct {
	Path string
	Note Note
	file *os.File
}

// Make makes an empty directory whose path begins with prefix. What says for people what it is for.
func Make(prefix, what string) (*Dir, error) {
	for try := 1; ; try++ {
		d, err := makeOne(prefix, what)
		// A Sweep may have come between making the directory and claiming it.
		if err == nil || try == 5 || !(errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, os.ErrNotExist)) {
			return d, err
		}
	}
}

func makeOne(prefix, what string) (d *Dir, err error) {
	token := id.Secret(9)
	d = &Dir{Path: prefix + token, Note: Note{What: what, Token: token}}
	if err := os.Mkdir(d.Path, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Remove())
			d = nil
		}
	}()
	if d.file, err = os.OpenFile(filepath.Join(d.Path, NoteName), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
		return d, err
	}
	if err = lock(d.file); err != nil {
		return d, err
	}
	return d, d.write()
}

func (d *Dir) write() error {
	b, err := json.Marshal(d.Note)
	if err != nil {
		return err
	}
	if _, err := d.file.WriteAt(append(b, '\n'), 0); err != nil {
		return err
	}
	return d.file.Sync()
}

// Seal notes that all is there. Everything in the directory must be durable before.
func (d *Dir) Seal() error {
	d.Note.Whole = true
	if err := d.write(); err != nil {
		return fmt.Errorf("note that %s is whole: %w", d.Path, err)
	}
	return nil
}

// Become gives a sealed directory its place: target must be missing or empty.
func (d *Dir) Become(target string) error {
	if !d.Note.Whole {
		return fmt.Errorf("%s is not whole", d.Path)
	}
	if err := os.Rename(d.Path, target); err != nil {
		return err
	}
	d.Path = target
	return SyncDir(filepath.Dir(target))
}

// Settle removes the note of a directory that has its place.
func (d *Dir) Settle() error {
	return errors.Join(Settle(d.Path), d.file.Close())
}

// Remove throws the directory away.
func (d *Dir) Remove() error {
	err := os.RemoveAll(d.Path)
	if d.file != nil {
		err = errors.Join(err, d.file.Close())
	}
	return err
}

// Read gives the note of a directory; ok is false where it has none. A note that cannot be understood was being written when its writer died.
func Read(dir string) (n Note, ok bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, NoteName))
	if errors.Is(err, os.ErrNotExist) {
		return n, false, nil
	}
	if err != nil {
		return n, false, fmt.Errorf("read the note of %s: %w", dir, err)
	}
	if json.Unmarshal(b, &n) != nil {
		n = Note{}
	}
	return n, true, nil
}

// Whole refuses a directory that was not filled to its end. For one that was, but is not settled yet, it gives the note.
func Whole(dir string) (Note, error) {
	n, ok, err := Read(dir)
	if err != nil || !ok || n.Whole {
		return n, err
	}
	return n, errs.New(errs.Conflict, "data.unfinished",
		"The directory %s is not whole: a %s was ended before it was done. Run that command again with the directory that it named; it removes this one.", dir, n.about())
}

func (n Note) about() string {
	if n.What == "" {
		return "restore or migration"
	}
	return n.What
}

// Settle removes the note of a directory that is whole and has its place.
func Settle(dir string) error {
	err := os.Remove(filepath.Join(dir, NoteName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep removes the directories with the prefix that dead ones left, and gives them.
func Sweep(prefix string) (gone []string, err error) {
	parent, base := filepath.Dir(prefix), filepath.Base(prefix)
	if strings.HasSuffix(prefix, string(filepath.Separator)) {
		return nil, fmt.Errorf("%s is no prefix of names", prefix)
	}
	entries, err := os.ReadDir(parent)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for what earlier runs left: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || len(e.Name()) == len(base) || !strings.HasPrefix(e.Name(), base) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		removed, err := sweep(dir)
		if err != nil {
			return gone, fmt.Errorf("remove %s, which an earlier run left: %w", dir, err)
		}
		if removed {
			gone = append(gone, dir)
		}
	}
	return gone, nil
}

func sweep(dir string) (bool, error) {
	f, err := os.OpenFile(filepath.Join(dir, NoteName), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return os.Remove(dir) == nil, nil // goes only if it is empty: its maker died before he wrote the note
	}
	if errors.Is(err, os.ErrPermission) {
		return false, nil // another user's
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	switch err := lock(f); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, nil
	case err != nil:
		return false, err
	}
	// Last the note: should this run die too, the next one still knows the directory.
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Name() != NoteName {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return false, err
			}
		}
	}
	return true, os.RemoveAll(dir)
}

func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
