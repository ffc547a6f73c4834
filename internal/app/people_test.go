package app

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
)

func TestUserPasswdBesideARunningServer(t *testing.T) {
	a := openForTest(t, map[string]string{}, false)
	dir := a.dir
	client := apitest.Serve(t, a.house.server)
	if code, _, e := passwd(t, dir, "ada@example.com", "long-enough-1"); code != exitFailed || !strings.Contains(e, "rapport user add") {
		t.Fatalf("nobody: %d %s", code, e)
	}
	owner := client.Session(client.Post("/api/v1/setup", map[string]string{"email": "ada@example.com", "name": "Ada", "password": "correct horse",
		"shop_name": "Shop", "currency": "EUR", "zone": "UTC", "language": "en"}).Want(201, "").Cookie(httpapi.CookieName))
	if code, _, e := passwd(t, dir, " Ada@Example.com", "short"); code != exitFailed || !strings.Contains(e, "password") {
		t.Fatalf("a short one: %d %s", code, e)
	}
	if code, _, e := passwd(t, dir, " Ada@Example.com", "battery staple\n"); code != exitDone {
		t.Fatalf("%d %s", code, e)
	}
	owner.Get("/api/v1/me").Want(http.StatusUnauthorized, "role.sign_in")
	client.Post("/api/v1/sessions", map[string]string{"email": "ada@example.com", "password": "correct horse"}).Want(401, "session.wrong")
	client.Post("/api/v1/sessions", map[string]string{"email": "ada@example.com", "password": "battery staple"}).Want(200, "")
}

func TestUserPasswdWithoutAServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, e := run(t, "long-enough-1\n", "user", "add", "--data", dir, "--email", "ada@example.com", "--password-stdin"); code != exitDone {
		t.Fatalf("user add: %d %s", code, e)
	}
	if code, out, e := passwd(t, dir, "ada@example.com", "long-enough-2"); code != exitDone || out != "" {
		t.Fatalf("%d %q %s", code, out, e)
	}
	if code, _, _ := run(t, "", "user", "passwd", "--data", dir, "--email", "ada@example.com"); code != exitUsage {
		t.Fatalf("without --password-stdin: %d", code)
	}
}

func passwd(t *testing.T, dir, email, password string) (int, string, string) {
	t.Helper()
	return run(t, password, "user", "passwd", "--data", dir, "--email", email, "--password-stdin")
}
