package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"

	"rapport/internal/base/errs"
	"rapport/internal/platform/httpapi"
)

// client is how a command speaks to Rapport: always through the API, over the network with a key or through the socket in the
// data directory that only its owner can open. A command that finds no server running opens the program for itself and
// then uses the same socket, so there is one way of doing things.
type client struct {
	base  string
	key   string
	http  *http.Client
	close func() error
}

// networkClient reaches a server by its address.
func networkClient(address, key string) (*client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage("--url %s is not an address such as https://crm.example.com", address)
	}
	if key == "" {
		return nil, usage("--url needs --key (or RAPPORT_KEY): an API key with the scope write")
	}
	return &client{base: strings.TrimSuffix(address, "/"), key: key, http: &http.Client{}, close: func() error { return nil }}, nil
}

// socketClient reaches the process that holds a data directory.
func socketClient(dir string) (*client, error) {
	path, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}
	t := &http.Transport{DialContext: dial}
	return &client{base: "http://rapport", http: &http.Client{Transport: t}, close: func() error { t.CloseIdleConnections(); return nil }}, nil
}

// send makes a request; the caller closes the answer's body. A refusal comes back as an error in the server's own words.
func (d *client) send(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if d.key != "" {
		req.Header.Set("Authorization", "Bearer "+d.key)
	}
	res, err := d.http.Do(req)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("no server answers at %s: %w", d.base, err)
		}
		return nil, err
	}
	if res.StatusCode >= 300 {
		defer func() { _ = res.Body.Close() }()
		return nil, refusal(res)
	}
	return res, nil
}

// call sends JSON and reads JSON; in and out may be nil.
func (d *client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	kind := ""
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body, kind = bytes.NewReader(b), "application/json"
	}
	res, err := d.send(ctx, method, path, kind, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

func refusal(res *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	var p httpapi.Problem
	if err := json.Unmarshal(b, &p); err != nil || p.Detail == "" {
		return fmt.Errorf("the server answered %s: %s", res.Status, strings.TrimSpace(string(b)))
	}
	text := p.Detail
	for _, f := range p.Errors {
		text += fmt.Sprintf("\n  %s: %s", f.Path, f.Message)
	}
	return errs.New(errs.Invalid, p.Code, "%s", text)
}
