package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/sqldb"
)

// store changes the operational store of a directory that nobody has open.
func store(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{Path: filepath.Join(dir, "rapport.db")})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func snapshots(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "before-upgrade-*.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	// By when they were taken: as text, schema 10 comes before schema 4.
	taken := func(name string) time.Time {
		f, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return f.ModTime()
	}
	slices.SortFunc(list, func(a, b string) int { return taken(a).Compare(taken(b)) })
	return list
}

// TestUpgrade: a directory of an earlier version is backed up before it is changed; a failed upgrade changes nothing and says where the backup is;
// the backup can be restored.
func TestUpgrade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	backups := filepath.Join(dir, "backups")
	add := func(name string) (int, string) {
		code, _, said := run(t, "", "key", "add", "--data", dir, "--name", name)
		return code, said
	}
	if code, said := add("first"); code != exitDone {
		t.Fatalf("%d %s", code, said)
	}
	if got := snapshots(t, backups); len(got) > 0 {
		t.Fatalf("a new directory was backed up: %v", got)
	}
	// As if the newest migration were not applied yet. Its tables are there, so that it fails.
	store(t, dir, `CREATE TABLE versions_were AS SELECT * FROM goose_db_version WHERE version_id >= 5`, `DELETE FROM goose_db_version WHERE version_id >= 5`)
	code, said := add("second")
	made := snapshots(t, backups)
	if code != exitFailed || len(made) != 1 || !strings.Contains(said, made[0]) || !strings.Contains(said, "earlier version") {
		t.Fatalf("a failed upgrade: %d %v\n%s", code, made, said)
	}
	db, err := sqldb.Open(context.Background(), sqldb.Config{Path: filepath.Join(dir, "rapport.db")})
	if err != nil {
		t.Fatal(err)
	}
	state, err := db.SchemaState(context.Background())
	if err != nil || state.Have != 4 {
		t.Errorf("the schema is %+v, %v", state, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	store(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) SELECT version_id, is_applied FROM versions_were`, `DROP TABLE versions_were`)
	if code, said := add("second"); code != exitDone {
		t.Fatalf("after the fault was mended: %d %s", code, said)
	}
	// The warehouse's form counts too.
	mark := filepath.Join(dir, warehouseMark)
	if err := os.WriteFile(mark, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := add("third"); code != exitDone {
		t.Fatalf("%d %s", code, said)
	}
	made = snapshots(t, backups)
	if len(made) != 2 {
		t.Fatalf("%v", made)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	if code, out, said := run(t, "", "restore", made[len(made)-1], "--data", restored); code != exitDone {
		t.Fatalf("restore: %d %s %s", code, out, said)
	}
	if code, _, said := run(t, "", "key", "add", "--data", restored, "--name", "again"); code != exitDone {
		t.Fatalf("the restored directory: %d %s", code, said)
	}
	// No room: nothing is changed.
	if err := os.WriteFile(mark, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(backups); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(backups, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := add("fourth"); code != exitFailed || !strings.Contains(said, "Nothing was changed") {
		t.Errorf("without a place for the backup: %d %s", code, said)
	}
	var out, errOut strings.Builder
	code = Main(Process{Args: []string{"key", "add", "--data", dir, "--name", "fourth"}, Version: "test", Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut,
		Environ: []string{"RAPPORT_UPGRADE_SNAPSHOT=false"}})
	if code != exitDone {
		t.Errorf("asked not to: %d %s", code, errOut.String())
	}
}
