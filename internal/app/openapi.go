package app

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"rapport/internal/platform/config"
)

// openapiCmd writes the description of the API; `make gen` keeps it in api/openapi.yaml.
type openapiCmd struct{}

func (openapiCmd) Run(p *Process) error {
	doc, err := spec(context.Background())
	if err != nil {
		return err
	}
	_, err = p.Stdout.Write(doc)
	return err
}

// spec gives the OpenAPI document as YAML. Operations are registered by joined rooms, so the program is opened, for a moment and on a directory of its own.
func spec(ctx context.Context) (doc []byte, err error) {
	dir, err := os.MkdirTemp("", "rapport-openapi-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := config.Load(map[string]string{"data": dir}, nil)
	if err != nil {
		return nil, err
	}
	a, err := Open(ctx, Options{Config: c, Version: "1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	_, doc, err = a.house.server.Spec()
	return doc, err
}
