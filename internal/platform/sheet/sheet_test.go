package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var when = time.Date(2026, 3, 1, 9, 30, 0, 0, time.FixedZone("", 12600))

var cells = [][]any{
	{"plain", int64(-7), Number("-12.50"), true, when, nil, 0.25},
	{"=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1"},
	{"a,b\n\"c\"", "سلام", "", "'", "1=1", "e\x00\x1b[31m", strings.Repeat("x", 40_000)},
}

func TestCSV(t *testing.T) {
	for _, mark := range []bool{false, true} {
		var b bytes.Buffer
		w, err := New(&b, CSV, "things", []string{"a", "b", "c", "d", "e", "f", "g"}, mark)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range cells {
			if err := w.Row(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text, marked := strings.CutPrefix(b.String(), "\uFEFF")
		if marked != mark {
			t.Errorf("byte order mark: %v, want %v", marked, mark)
		}
		got, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{
			{"a", "b", "c", "d", "e", "f", "g"},
			{"plain", "-7", "-12.50", "true", "2026-03-01T09:30:00+03:30", "", "0.25"},
			{"'=HYPERLINK(\"x\")", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'  =1", "'＝1"},
			{"a,b\n\"c\"", "سلام", "", "'", "1=1", "e\x00\x1b[31m", strings.Repeat("x", 40_000)},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestXLSX(t *testing.T) {
	var b bytes.Buffer
	w, err := New(&b, XLSX, "things", []string{"a", "b"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range cells {
		if err := w.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	got, err := f.GetRows("things")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"a", "b"},
		{"plain", "-7", "-12.5", "TRUE", "2026-03-01T09:30:00+03:30", "", "0.25"},
		{"=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1"},
		{"a,b\n\"c\"", "سلام", "", "'", "1=1", "e[31m", strings.Repeat("x", 32_767)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, at := range []string{"A3", "B3", "C3", "D3", "E3", "F3", "G3"} {
		if formula, err := f.GetCellFormula("things", at); formula != "" || err != nil {
			t.Errorf("%s is a formula: %s, %v", at, formula, err)
		}
	}
	if kind, err := f.GetCellType("things", "C2"); err != nil || kind != excelize.CellTypeNumber && kind != excelize.CellTypeUnset {
		t.Errorf("an amount is of type %v, %v", kind, err)
	}
}

// TestManySheets: what does not fit on a sheet goes on in the next, under the same heading.
func TestManySheets(t *testing.T) {
	var b bytes.Buffer
	w, err := newBook(&b, "things", []string{"n"})
	if err != nil {
		t.Fatal(err)
	}
	w.rows = 4
	for i := range 7 {
		if err := w.Row([]any{int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var got []string
	for _, s := range f.GetSheetList() {
		rows, err := f.GetRows(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got = append(got, s+" "+strings.Join(r, " "))
		}
	}
	want := "things n|things 0|things 1|things 2|things 2 n|things 2 3|things 2 4|things 2 5|things 3 n|things 3 6"
	if strings.Join(got, "|") != want {
		t.Error(strings.Join(got, "|"))
	}
}

// TestNothingStays: a workbook leaves no file behind, finished or not.
func TestNothingStays(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, finish := range []bool{true, false} {
		w, err := newBook(io.Discard, "things", []string{"text"})
		if err != nil {
			t.Fatal(err)
		}
		for range 400 { // beyond what is kept in memory
			if err := w.Row([]any{strings.Repeat("long ", 6000), strings.Repeat("long ", 6000)}); err != nil {
				t.Fatal(err)
			}
		}
		if finish {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		} else {
			w.Abandon()
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("finished %v: %v left, %v", finish, left, err)
		}
	}
}
