package role

import (
	"context"
	"slices"
	"strings"
	"testing"

	"rapport/internal/base/errs"
)

// The whole table of who may do what. Columns: owner, manager, marketer, agent, sales, analyst; keys: ingest, read, write.
const table = `
activity.read    x x x x x x  . x x
activity.write   x x . . . .  . . .
apikey.read      x x . . . .  . . .
apikey.write     x . . . . .  . . .
audit.read       x x . . . .  . . .
backup.run       x . . . . .  . . .
catalog.read     x x x x x x  . x x
catalog.write    x x x . . .  . . x
customer.export  x x . . . .  . x x
customer.read    x x x x x x  . x x
customer.write   x x x x x .  . . x
import.run       x x x . . .  . . x
ingest.write     x . . . . .  x . x
order.read       x x x x x x  . x x
order.write      x x . x x .  . . x
rate.read        x x x x x x  . x x
rate.write       x x . . . .  . . x
report.read      x x x . x x  . x x
setting.read     x x x x x x  . x x
setting.write    x . . . . .  . . .
shop.read        x x x x x x  . x x
shop.write       x x . . . .  . . .
status.read      x x x x x x  . x x
user.read        x x . . . .  . . .
user.write       x . . . . .  . . .
`

func TestTable(t *testing.T) {
	var seen []string
	for line := range strings.Lines(strings.TrimSpace(table)) {
		cells := strings.Fields(line)
		permission := cells[0]
		seen = append(seen, permission)
		var who []Principal
		for _, r := range Roles() {
			who = append(who, Principal{Kind: KindUser, Role: r})
		}
		for _, s := range Scopes() {
			who = append(who, Principal{Kind: KindKey, Scope: s})
		}
		if len(cells) != len(who)+1 {
			t.Fatalf("row %s has %d cells", permission, len(cells)-1)
		}
		for i, p := range who {
			want := cells[i+1] == "x"
			err := Require(With(context.Background(), p), permission)
			if got := err == nil; got != want {
				t.Errorf("%s for %s%s: got %v, want %v", permission, p.Role, p.Scope, got, want)
			}
			if err != nil && (!errs.Is(err, errs.Forbidden) || errs.As(err).Code != "role.forbidden") {
				t.Errorf("%s for %s%s: error %v", permission, p.Role, p.Scope, err)
			}
		}
		if err := Require(System(context.Background()), permission); err != nil {
			t.Errorf("%s for the program itself: %v", permission, err)
		}
		if err := Require(context.Background(), permission); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%s for a stranger: %v", permission, err)
		}
	}
	if !slices.Equal(seen, Permissions()) {
		t.Errorf("the table lists %v, the code %v", seen, Permissions())
	}
}

func TestUnknownPermissionIsRefusedToEverybody(t *testing.T) {
	for _, p := range []Principal{{Kind: KindSystem}, {Kind: KindUser, Role: Owner}} {
		err := Require(With(context.Background(), p), "custommer.read")
		if err == nil || errs.As(err) != nil {
			t.Errorf("%s: %v", p.Kind, err)
		}
	}
}

func TestUnknownRoleHasNothing(t *testing.T) {
	p := Principal{Kind: KindUser, Role: "boss"}
	if got := p.Permissions(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if Role("boss").Valid() || !Owner.Valid() {
		t.Error("Valid is wrong")
	}
}

func TestRequireUser(t *testing.T) {
	if p, err := RequireUser(With(context.Background(), Principal{Kind: KindUser, ID: 7})); err != nil || p.ID != 7 {
		t.Error(p, err)
	}
	if _, err := RequireUser(context.Background()); !errs.Is(err, errs.Unauthorized) {
		t.Error(err)
	}
	if _, err := RequireUser(With(context.Background(), Principal{Kind: KindKey, Scope: ScopeWrite})); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}
