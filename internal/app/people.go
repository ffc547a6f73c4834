package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"rapport/internal/access/user"
	"rapport/internal/base/errs"
)

type userCmd struct {
	Add    userAddCmd    `cmd:"" help:"Add a person who may sign in."`
	Passwd userPasswdCmd `cmd:"" help:"Give a person another password; ends his sessions."`
}

type userAddCmd struct {
	Email         string `required:"" help:"Address to sign in with."`
	Name          string `help:"The person's name; the address otherwise."`
	Role          string `default:"owner" enum:"owner,manager,marketer,agent,sales,analyst" help:"What the person may do: ${enum}."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from standard input."`
	clientFlags
}

func (c *userAddCmd) Run(p *Process) error {
	password, err := p.password(c.PasswordStdin)
	if err != nil {
		return err
	}
	ctx, stop := p.interruptible()
	defer stop()
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	in := map[string]string{"email": c.Email, "name": c.Name, "role": c.Role, "password": password}
	if c.Name == "" {
		in["name"], _, _ = strings.Cut(c.Email, "@")
	}
	return errors.Join(d.call(ctx, http.MethodPost, "/api/v1/users", in, nil), d.close())
}

// password reads standard input: what stands on a command line can be read by everybody on the machine.
func (p *Process) password(said bool) (string, error) {
	if !said {
		return "", usage("give the password on standard input and say --password-stdin")
	}
	b, err := io.ReadAll(io.LimitReader(p.Stdin, 4096))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

type userPasswdCmd struct {
	Email         string `required:"" help:"Address that the person signs in with."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from standard input."`
	clientFlags
}

func (c *userPasswdCmd) Run(p *Process) error {
	password, err := p.password(c.PasswordStdin)
	if err != nil {
		return err
	}
	ctx, stop := p.interruptible()
	defer stop()
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(c.change(ctx, d, password), d.close())
}

func (c *userPasswdCmd) change(ctx context.Context, d *client, password string) error {
	var all struct {
		Items []struct {
			ID       string `json:"id"`
			Email    string `json:"email"`
			Disabled bool   `json:"disabled"`
		} `json:"items"`
	}
	if err := d.call(ctx, http.MethodGet, "/api/v1/users", nil, &all); err != nil {
		return err
	}
	for _, u := range all.Items {
		if u.Email != user.Address(c.Email) {
			continue
		}
		if u.Disabled {
			return errs.New(errs.Conflict, "user.disabled", "%s is switched off, and a password would not let him in. Switch him on again first (Settings, People).", u.Email)
		}
		return d.call(ctx, http.MethodPatch, "/api/v1/users/"+u.ID, map[string]string{"password": password}, nil)
	}
	return errs.New(errs.NotFound, "user.missing", "Nobody signs in with %s. Add the person with rapport user add.", c.Email)
}

type keyCmd struct {
	Add keyAddCmd `cmd:"" help:"Make a key; prints it, and only it, on standard output."`
}

type keyAddCmd struct {
	Name    string `required:"" help:"What the key is for."`
	Scope   string `default:"ingest" enum:"ingest,read,write" help:"What the key may do: ${enum}."`
	Browser bool   `help:"A public key for pages: it may only send events, and its orders stay unconfirmed."`
	Shop    string `help:"Id of the shop its data belongs to; the first shop otherwise."`
	clientFlags
}

func (c *keyAddCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	in := map[string]any{"name": c.Name, "scope": c.Scope, "browser": c.Browser}
	if c.Shop != "" {
		in["shop_id"] = c.Shop
	}
	var out struct {
		Key string `json:"key"`
	}
	if err := errors.Join(d.call(ctx, http.MethodPost, "/api/v1/keys", in, &out), d.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, out.Key)
	return err
}
