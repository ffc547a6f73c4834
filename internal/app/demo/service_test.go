package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
)

// shopkeeper is a server whose shop somebody else has set up.
type shopkeeper struct {
	*ear
	keys, settings int
	full           bool
}

func (k *shopkeeper) handler(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/keys", func(w http.ResponseWriter, _ *http.Request) {
		k.keys++
		_, _ = w.Write([]byte(`{"key":"server"}`))
	})
	mux.HandleFunc("PATCH /api/v1/settings", func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["currency"] != "EUR" {
			t.Error(err, body)
		}
		k.settings++
		_, _ = w.Write([]byte(`{}`))
	})
	list := func(w http.ResponseWriter, _ *http.Request) {
		if k.full {
			_, _ = w.Write([]byte(`{"items":[{}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"items":[]}`))
	}
	for _, l := range []string{"customers", "orders", "products"} {
		mux.HandleFunc("GET /api/v1/"+l, list)
	}
	heard := k.ear.handler(t)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/imports" || r.Method == http.MethodPost {
			r.Header.Set("Authorization", authorization(r)) // the socket itself says who is there
		}
		heard.ServeHTTP(w, r)
	})
	return mux
}

func authorization(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok && user != "" {
		return r.Header.Get("Authorization")
	}
	return "Bearer api"
}

// TestChosen: an owner fills his empty shop, a restart goes on, and what he ends stays ended. A shop with anything in it is left alone.
func TestChosen(t *testing.T) {
	keeper := &shopkeeper{ear: &ear{events: map[string]bool{}}}
	server := httptest.NewServer(keeper.handler(t))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "demo.json")
	begin := func() (*Service, func()) {
		s := NewService(Deps{Path: path, Size: "200", Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
			Connect: func() (Door, string, func() error, error) {
				return http.DefaultClient, server.URL, func() error { return nil }, nil
			},
			Record: func(context.Context, string) error { return nil }})
		ctx, cancel := context.WithCancel(t.Context())
		var g sync.WaitGroup
		g.Go(func() { s.Serve(ctx, false, nil) })
		return s, func() { cancel(); g.Wait() }
	}
	owner := role.With(t.Context(), role.Principal{Kind: role.KindUser, Role: role.Owner})
	until := func(s *Service, state string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; {
			st, err := s.Status(owner)
			if err != nil || time.Now().After(deadline) || st.State == StateFailed {
				t.Fatal(st, err)
			}
			if st.State == state {
				return
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	s, stop := begin()
	keeper.full = true
	if err := s.Begin(owner); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	keeper.full = false
	if err := s.Begin(role.With(t.Context(), role.Principal{Kind: role.KindUser, Role: role.Manager})); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if err := s.Begin(owner); err != nil {
		t.Fatal(err)
	}
	until(s, StateAlive)
	stop()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	s, stop = begin()
	until(s, StateAlive)
	if err := s.End(owner); err != nil {
		t.Fatal(err)
	}
	until(s, StateNone)
	stop()
	s, stop = begin()
	defer stop()
	if st, _ := s.Status(owner); st.State != StateNone || keeper.keys != 2 || keeper.settings != 1 || len(keeper.events) == 0 {
		t.Error(st, keeper.keys, keeper.settings, len(keeper.events))
	}
}
