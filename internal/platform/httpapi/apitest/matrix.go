package apitest

import (
	"net/http"
	"sort"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/httpapi"
)

// Caller is one column of the matrix.
type Caller struct {
	Name   string
	Client *Client
	May    func(permission string) bool
	User   bool // a signed-in user
	Nobody bool // a stranger
}

// Operations lists every operation of an API, ordered by path and method.
func Operations(api huma.API) []*huma.Operation {
	var ops []*huma.Operation
	for _, item := range api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				ops = append(ops, op)
			}
		}
	}
	sort.Slice(ops, func(i, j int) bool { return ops[i].Path+ops[i].Method < ops[j].Path+ops[j].Method })
	return ops
}

// Matrix sends every operation, with made-up but well-formed values, as every caller and demands 401 exactly from
// strangers and 403 exactly where the caller lacks what the operation declares. Run it on a server without Config.Allow, and it
// is the services that are tried, not the door. skip names operations that must not be tried (signing out, say), with the reason.
func Matrix(t *testing.T, api huma.API, callers []Caller, skip map[string]string) {
	for _, op := range Operations(api) {
		permission := httpapi.PermissionOf(op)
		if permission == "" {
			t.Errorf("%s declares no permission: describe it with httpapi.Op", op.OperationID)
			continue
		}
		if skip[op.OperationID] != "" {
			continue
		}
		t.Run(op.OperationID, func(t *testing.T) {
			for _, c := range callers {
				a := send(t, api, op, c.Client)
				allowed := permission == httpapi.Public || (permission == httpapi.SignedIn && c.User) ||
					(permission != httpapi.SignedIn && !c.Nobody && c.May(permission))
				switch {
				case a.Status == http.StatusMethodNotAllowed || a.Status >= 500:
					t.Errorf("%s: status %d %s", c.Name, a.Status, a.Body)
				case allowed && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden):
					t.Errorf("%s has %s and was refused: %d %s", c.Name, permission, a.Status, a.Body)
				case !allowed && c.Nobody && a.Status != http.StatusUnauthorized:
					t.Errorf("a stranger was answered %d: %s", a.Status, a.Body)
				case !allowed && !c.Nobody && a.Status != http.StatusForbidden:
					t.Errorf("%s lacks %s and was answered %d: %s", c.Name, permission, a.Status, a.Body)
				}
			}
		})
	}
}

func send(t *testing.T, api huma.API, op *huma.Operation, c *Client) Answer {
	t.Helper()
	path := op.Path
	query := ""
	for _, p := range op.Parameters {
		v, _ := sample(api, p.Schema, p.Name).(string)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", v)
		case p.In == "query" && p.Required:
			query += "&" + p.Name + "=" + v
		}
	}
	if query != "" {
		path += "?" + query[1:]
	}
	var body any
	client := c.For(t)
	if op.RequestBody != nil {
		if m := op.RequestBody.Content["application/json"]; m != nil && m.Schema != nil {
			body = sample(api, m.Schema, "body")
		} else if m := op.RequestBody.Content["multipart/form-data"]; m != nil {
			client = client.With("Content-Type", "multipart/form-data; boundary=x")
			body = form(m.Schema)
		}
	}
	return client.Do(op.Method, path, body)
}

// form fills every field of an upload with a small file or a word.
func form(s *huma.Schema) string {
	var b strings.Builder
	for name, f := range s.Properties {
		b.WriteString("--x\r\nContent-Disposition: form-data; name=\"" + name + "\"")
		switch {
		case f.Format == "binary":
			b.WriteString("; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\nid\n1\n")
		case len(f.Enum) > 0:
			b.WriteString("\r\n\r\n" + f.Enum[0].(string))
		case f.Type == huma.TypeBoolean:
			b.WriteString("\r\n\r\ntrue")
		default:
			b.WriteString("\r\n\r\n{}")
		}
		b.WriteString("\r\n")
	}
	return b.String() + "--x--\r\n"
}

// sample makes a value that passes a schema's validation. Ids are "1", which is nobody's.
func sample(api huma.API, s *huma.Schema, name string) any {
	for s.Ref != "" {
		s = api.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for _, field := range s.Required {
			out[field] = sample(api, s.Properties[field], field)
		}
		return out
	case huma.TypeArray:
		return []any{}
	case huma.TypeBoolean:
		return true
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	}
	switch s.Format {
	case "date":
		if name == "to" { // a period ends after it begins
			return "2026-01-03"
		}
		return "2026-01-02"
	case "date-time":
		return "2026-01-02T03:04:05Z"
	case "email":
		return "somebody@example.com"
	}
	if strings.HasSuffix(name, "id") {
		return "1"
	}
	text := "something to try"
	if s.MaxLength != nil && *s.MaxLength < len(text) {
		text = text[:*s.MaxLength]
	}
	return text
}
