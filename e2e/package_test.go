package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// debian is a root into which packages are installed; dpkg runs, their scripts run, and nothing outside it is touched.
type debian struct {
	t    *testing.T
	root string
}

func newDebian(t *testing.T) debian {
	t.Helper()
	for _, program := range []string{"dpkg", "dpkg-deb", "systemd-sysusers"} {
		if _, err := exec.LookPath(program); err != nil {
			harness.Missing(t, "%s is needed to try the package", program)
		}
	}
	if os.Geteuid() != 0 {
		harness.Missing(t, "packages are installed by root")
	}
	d := debian{t, filepath.Join(t.TempDir(), "root")}
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc", "var/log", "usr"} {
		if err := os.MkdirAll(filepath.Join(d.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"var/lib/dpkg/status", "etc/passwd", "etc/group"} {
		if err := os.WriteFile(filepath.Join(d.root, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// dpkg runs in the root. What the package depends on is not installed there.
func (d debian) dpkg(args ...string) string {
	d.t.Helper()
	cmd := exec.Command("dpkg", append([]string{"--root=" + d.root, "--force-script-chrootless", "--force-depends", "--force-confdef", "--force-confold"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("dpkg %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (d debian) path(name string) string { return filepath.Join(d.root, name) }

func (d debian) has(name string) bool {
	_, err := os.Lstat(d.path(name))
	return err == nil
}

// buildPackage makes the package as `make deb` does, in version 1.0, and as 1.1 a program whose schema is newer.
func buildPackage(t *testing.T) (first, second string) {
	t.Helper()
	cmd := exec.Command("sh", filepath.Join(harness.Root(), "packaging", "build.sh"))
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), "RAPPORT_BIN="+harness.Binary(t), "DEB_VERSION=1.0", "OUT="+dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("build the package: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	first = strings.TrimSpace(string(out))
	second = filepath.Join(dir, "second.deb")
	newer := filepath.Join(dir, "9998_newer.sql")
	if err := os.WriteFile(newer, []byte("CREATE TABLE newer (\n    id BIGINT NOT NULL,\n    PRIMARY KEY (id)\n);\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay := fmt.Sprintf(`{"Replace": {%q: %q}}`, filepath.Join(harness.Root(), "migrations", "9998_newer.sql"), newer)
	if err := os.WriteFile(dir+"/overlay.json", []byte(overlay), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range [][]string{
		{"dpkg-deb", "-R", first, dir + "/tree"},
		{"go", "-C", harness.Root(), "build", "-overlay", dir + "/overlay.json", "-o", dir + "/tree/usr/bin/rapport", "./cmd/rapport"},
		{"sed", "-i", "s/^Version: .*/Version: 1.1-1/", dir + "/tree/DEBIAN/control"},
		{"dpkg-deb", "-Zgzip", "-z1", "-b", dir + "/tree", second},
	} {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", step, err, out)
		}
	}
	return first, second
}

// unit gives what the installed service runs, and checks the unit itself.
func (d debian) unit() (command []string) {
	d.t.Helper()
	file := d.path("usr/lib/systemd/system/rapport.service")
	b, err := os.ReadFile(file)
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if run, ok := strings.CutPrefix(line, "ExecStart="); ok {
			command = strings.Fields(run)
		}
	}
	for _, want := range []string{"Type=notify", "User=rapport", "StateDirectory=rapport", "ProtectSystem=strict", "NoNewPrivileges=yes", "WatchdogSec="} {
		if !strings.Contains(string(b), "\n"+want) {
			d.t.Errorf("the unit lacks %s", want)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		harness.Missing(d.t, "systemd-analyze is needed to check the unit")
	}
	text := strings.Replace(string(b), "ExecStart=/usr/bin/rapport", "ExecStart="+d.path("usr/bin/rapport"), 1)
	text = strings.Replace(text, "Documentation=man:rapport(1)\n", "", 1) // the page is in the root and not on this machine
	copied := filepath.Join(d.t.TempDir(), "rapport.service")
	if err := os.WriteFile(copied, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", copied).CombinedOutput(); err != nil || len(out) > 0 {
		d.t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	return command
}

// serve runs what the unit says, as the user and in the directory that the package made, with the paths of the root.
func (d debian) serve(command []string) *harness.Server {
	d.t.Helper()
	info, err := os.Stat(d.path("var/lib/rapport"))
	if err != nil {
		d.t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid == 0 || info.Mode().Perm() != 0o750 {
		d.t.Fatalf("the data directory belongs to %d with %s", owner.Uid, info.Mode())
	}
	for dir := d.root; dir != "/"; dir = filepath.Dir(dir) { // a test's directory is closed to others
		if info, err := os.Stat(dir); err == nil {
			_ = os.Chmod(dir, info.Mode().Perm()|0o011)
		}
	}
	args := append([]string(nil), command[1:]...)
	for i, a := range args {
		if strings.HasPrefix(a, "/") {
			args[i] = d.path(a)
		}
	}
	return harness.StartAs(d.t, owner.Uid, owner.Gid, d.path(command[0]), d.path("var/lib/rapport"), args...)
}

// Install, run, upgrade, remove, install again, purge: the data lives until it is purged, and the settings are the operator's.
func TestDebianPackage(t *testing.T) {
	t.Parallel()
	first, second := buildPackage(t)
	d := newDebian(t)
	d.dpkg("-i", first)
	settings, err := os.Stat(d.path("etc/rapport/rapport.yaml"))
	if err != nil || settings.Mode().Perm() != 0o640 || settings.Sys().(*syscall.Stat_t).Gid == 0 {
		t.Errorf("settings: %v %v", settings, err)
	}
	command := d.unit()
	s := d.serve(command)
	owner := s.Setup()
	key := owner.IngestKey("shop", false)
	if code, b, err := harness.Track(owner.Client, s.URL, key, []byte(`{"batch":[{"type":"track","event":"Seen","userId":"u1","messageId":"m-1"}]}`)); code != 200 {
		t.Fatalf("%d %s %v", code, b, err)
	}
	owner.Drained(time.Minute)
	s.Terminate()

	// The operator changes the settings; the upgrade keeps them, and the data. The new program wants a newer schema, and backs the data up first.
	const changed = "\nlog_level: warn\n"
	appendTo(t, d.path("etc/rapport/rapport.yaml"), changed)
	d.dpkg("-i", second)
	if b, _ := os.ReadFile(d.path("etc/rapport/rapport.yaml")); !strings.HasSuffix(string(b), changed) {
		t.Error("the upgrade changed the settings")
	}
	s = d.serve(command)
	owner = harness.NewAPI(t, s.URL, "")
	owner.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	if n := len(owner.Events("Seen")); n != 1 {
		t.Errorf("%d events after the upgrade", n)
	}
	if found, _ := filepath.Glob(d.path("var/lib/rapport/backups/before-upgrade-*")); len(found) != 1 {
		t.Errorf("backups from before the upgrade: %v", found)
	}
	s.Terminate()

	if out := d.dpkg("-r", "rapport"); !strings.Contains(out, "/var/lib/rapport") {
		t.Errorf("removing does not say what is kept:\n%s", out)
	}
	if d.has("usr/bin/rapport") || !d.has("var/lib/rapport/rapport.db") || !d.has("etc/rapport/rapport.yaml") {
		t.Error("removing took too much or too little")
	}
	d.dpkg("-i", second)
	s = d.serve(command)
	s.Terminate()
	d.dpkg("-r", "rapport")
	out := d.dpkg("-P", "rapport")
	if !strings.Contains(out, "deleting /var/lib/rapport") {
		t.Errorf("purging does not say that data is deleted:\n%s", out)
	}
	for _, gone := range []string{"var/lib/rapport", "etc/rapport", "usr/bin/rapport", "usr/lib/systemd/system/rapport.service", "usr/share/doc/rapport"} {
		if d.has(gone) {
			t.Errorf("%s is left after purging", gone)
		}
	}
}

// A data directory that is a link elsewhere loses only the link.
func TestPurgeFollowsNoLink(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	elsewhere := filepath.Join(root, "disk")
	for _, dir := range []string{elsewhere, filepath.Join(root, "var/lib")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(elsewhere, "rapport.db"), []byte("all of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(root, "var/lib/rapport")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", filepath.Join(harness.Root(), "packaging", "postrm"), "purge")
	cmd.Env = append(os.Environ(), "DPKG_ROOT="+root)
	out, err := cmd.CombinedOutput()
	if _, gone := os.Stat(filepath.Join(elsewhere, "rapport.db")); err != nil || gone != nil || !strings.Contains(string(out), "is a link to") {
		t.Errorf("%v %v %s", err, gone, out)
	}
	if _, err := os.Lstat(filepath.Join(root, "var/lib/rapport")); err == nil {
		t.Error("the link is left")
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprint(f, text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
