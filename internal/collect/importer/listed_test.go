package importer

import (
	"strings"
	"testing"
)

func TestListed(t *testing.T) {
	if got := listed([]string{"Datum", "Größe", "تاریخ"}); got != "Datum, Größe, تاریخ" {
		t.Error(got)
	}
	got := listed([]string{"\x1b[2Ja\x00", strings.Repeat("é", 5000)})
	if strings.ContainsAny(got, "\x1b\x00") || len(got) > 1010 || !strings.HasSuffix(got, "...") {
		t.Errorf("%q", got[:40])
	}
}
