package archtest

import (
	"fmt"
	"strings"
)

// floors, lowest first. Those of one height have no doors between them.
var floors = map[string]int{
	"base": 0, "platform": 1, "access": 2, "facts": 3, "insight": 4, "comms": 5,
	"collect": 6, "engage": 6, "desk": 6, "sell": 6, "app": 7,
}

// place is where a package stands: its floor, and its slice ("facts/order" also for what lies below it).
type place struct {
	height int
	floor  string
	slice  string
}

// placeOf gives the place of a package of this module; ok is false for what stands outside the house (cmd, e2e, web, migrations).
func placeOf(p string) (place, bool) {
	rest, ok := strings.CutPrefix(p, "internal/")
	if !ok {
		return place{}, false
	}
	parts := strings.Split(rest, "/")
	h, ok := floors[parts[0]]
	if !ok {
		return place{}, false
	}
	slice := parts[0]
	if len(parts) > 1 {
		slice += "/" + parts[1]
	}
	return place{h, parts[0], slice}, true
}

// isTesting tells packages that exist for tests alone, by their name: dbtest, apitest, whtest.
func isTesting(p string) bool {
	return strings.HasSuffix(p, "test") && p != "internal/archtest"
}

func checkFloors(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		from, inside := placeOf(f.Package.Path)
		var out []string
		for p, node := range f.Imports() {
			target, ok := strings.CutPrefix(p, Module+"/")
			if !ok {
				continue
			}
			if isTesting(target) && !f.Test && !isTesting(f.Package.Path) && !strings.HasPrefix(f.Package.Path, "e2e") && !strings.HasPrefix(f.Package.Path, "scripts/") {
				out = append(out, fmt.Sprintf("%s: %s is for tests: import it from a _test.go file", f.Where(node), target))
				continue
			}
			to, ok := placeOf(target)
			if !inside || !ok || from.slice == to.slice {
				continue
			}
			if msg := mayCall(from, to, f.Test || isTesting(f.Package.Path)); msg != "" {
				out = append(out, f.Where(node)+": "+msg)
			}
		}
		return out
	})
}

func mayCall(from, to place, test bool) string {
	switch {
	case to.height < from.height:
		return ""
	case to.height > from.height:
		return fmt.Sprintf("%s imports %s, which is upstairs: announce an event instead, or declare the methods you need as an interface and let app fill it", from.slice, to.slice)
	case from.floor != to.floor:
		return fmt.Sprintf("%s imports %s: the floors %s and %s have no door between them: announce an event instead", from.slice, to.slice, from.floor, to.floor)
	case test:
		return ""
	}
	for _, s := range stairs {
		if matches(s.from, from.slice) && matches(s.to, to.slice) {
			return ""
		}
	}
	return fmt.Sprintf("%s imports %s on its own floor: announce an event, declare an interface, or give it a line in archtest's stairs with its reason", from.slice, to.slice)
}

// matches compares a place with a pattern whose last part may be a star.
func matches(pattern, slice string) bool {
	if head, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(slice, head+"/")
	}
	return pattern == slice
}
