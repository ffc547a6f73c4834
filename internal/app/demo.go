package app

import (
	"context"

	"rapport/internal/access/audit"
	"rapport/internal/app/demo"
)

// demoOf makes the made-up shop's keeper. It fills the shop through the same doors as real data, over the control socket.
func demoOf(g ground, audits *audit.Service) *demo.Service {
	return demo.NewService(demo.Deps{
		Path: g.config.Path("demo.json"), Size: g.config.DemoSize, Clock: g.clock, Log: g.log,
		Connect: func() (demo.Door, string, func() error, error) {
			d, err := socketClient(g.config.Data)
			if err != nil {
				return nil, "", nil, err
			}
			return d.http, d.base, d.close, nil
		},
		Record: func(ctx context.Context, action string) error { return audits.Record(ctx, g.db, action, "", nil) },
	})
}
