package scratch_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rapport/internal/platform/scratch"
)

func put(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestLife: a directory is refused until it is whole, gets its place, and is an ordinary one in the end.
func TestLife(t *testing.T) {
	target := filepath.Join(t.TempDir(), "data")
	d, err := scratch.Make(target+".restoring-", "restore of a file")
	if err != nil {
		t.Fatal(err)
	}
	put(t, d.Path, "content")
	if err := d.Become(target); err == nil {
		t.Fatal("what is not whole got its place")
	}
	if _, err := scratch.Whole(d.Path); err == nil {
		t.Error("what is not whole may be opened")
	}
	if err := d.Seal(); err != nil {
		t.Fatal(err)
	}
	if err := d.Become(target); err != nil {
		t.Fatal(err)
	}
	n, err := scratch.Whole(target)
	if err != nil || n.Token != d.Note.Token || !n.Whole {
		t.Errorf("%+v %v", n, err)
	}
	if err := d.Settle(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := scratch.Read(target); ok || err != nil || !there(filepath.Join(target, "content")) {
		t.Errorf("%v %v", ok, err)
	}
	if n, err := scratch.Whole(target); err != nil || n.Whole {
		t.Errorf("an ordinary directory: %+v %v", n, err)
	}
}

const holding = "RAPPORT_TEST_SCRATCH"

// TestHolder is the other process of TestSweep.
func TestHolder(t *testing.T) {
	prefix := os.Getenv(holding)
	if prefix == "" {
		return // runs only as the child
	}
	d, err := scratch.Make(prefix, "test")
	if err != nil {
		t.Fatal(err)
	}
	put(t, d.Path, "half")
	_, _ = os.Stdout.WriteString(d.Path + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
}

// TestSweep: what a killed process left goes; what one works on, what is somebody else's and what has another name stay.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	prefix := filepath.Join(dir, "data.restoring-")
	child := exec.Command(os.Args[0], "-test.run=^TestHolder$")
	child.Env = append(os.Environ(), holding+"="+prefix)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	theirs := line[:len(line)-1]
	mine, err := scratch.Make(prefix, "test")
	if err != nil {
		t.Fatal(err)
	}
	empty, foreign, other, file := prefix+"empty", prefix+"foreign", filepath.Join(dir, "data.restored"), prefix+"file"
	for _, d := range []string{empty, foreign, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(t, foreign, "precious")
	put(t, other, "precious")
	put(t, dir, filepath.Base(file))
	gone, err := scratch.Sweep(prefix)
	if err != nil || len(gone) != 1 || gone[0] != empty {
		t.Fatalf("while the other works: %v %v", gone, err)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	gone, err = scratch.Sweep(prefix)
	if err != nil || len(gone) != 1 || gone[0] != theirs {
		t.Fatalf("after he was killed: %v %v", gone, err)
	}
	for _, p := range []string{mine.Path, filepath.Join(foreign, "precious"), filepath.Join(other, "precious"), file} {
		if !there(p) {
			t.Errorf("%s is gone", p)
		}
	}
	if there(theirs) {
		t.Errorf("%s is left", theirs)
	}
	if err := mine.Remove(); err != nil || there(mine.Path) {
		t.Errorf("throw away: %v", err)
	}
}
