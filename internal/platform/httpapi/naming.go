package httpapi

import (
	"reflect"
	"strings"
)

// schemaName names a type in the OpenAPI document after its package and itself, without stutter: customer.Row is CustomerRow,
// user.User is User, money.Wire is Money, page.Page[order.Order] is OrderPage. A type without a name takes huma's hint.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return capital(strings.ReplaceAll(hint, "-", ""))
	}
	return nameOf(t.PkgPath(), t.Name())
}

func nameOf(pkg, name string) string {
	base, args, generic := strings.Cut(name, "[")
	if i := strings.LastIndex(pkg, "/"); i >= 0 {
		pkg = pkg[i+1:]
	}
	own := capital(base)
	if !generic {
		switch {
		case pkg == "" || pkg == "httpapi" || pkg == "errs" || strings.HasPrefix(strings.ToLower(base), strings.ToLower(pkg)):
		case base == "Wire":
			own = capital(pkg)
		default:
			own = capital(pkg) + own
		}
		return own
	}
	var of strings.Builder
	for arg := range strings.SplitSeq(strings.TrimSuffix(args, "]"), ",") {
		list := strings.HasPrefix(arg, "[]")
		arg = strings.TrimLeft(arg, "[]*")
		argPkg, argName := "", arg
		if i := strings.LastIndex(arg, "."); i >= 0 {
			argPkg, argName = arg[:i], arg[i+1:]
		}
		of.WriteString(nameOf(argPkg, argName))
		if list {
			of.WriteString("List")
		}
	}
	return of.String() + own
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
