package app

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

type userCmd struct {
	Add userAddCmd `cmd:"" help:"Add a person who may sign in."`
}

type userAddCmd struct {
	Email         string `required:"" help:"Address to sign in with."`
	Name          string `help:"The person's name; the address otherwise."`
	Role          string `default:"owner" enum:"owner,manager,marketer,agent,sales,analyst" help:"What the person may do: ${enum}."`
	PasswordStdin bool   `name:"password-stdin" help:"Read the password from standard input."`
	clientFlags
}

func (c *userAddCmd) Run(p *Process) error {
	if !c.PasswordStdin {
		return usage("give the password on standard input and say --password-stdin")
	}
	b, err := io.ReadAll(io.LimitReader(p.Stdin, 4096))
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	ctx, stop := p.interruptible()
	defer stop()
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	in := map[string]string{"email": c.Email, "name": c.Name, "role": c.Role, "password": strings.TrimRight(string(b), "\r\n")}
	if c.Name == "" {
		in["name"], _, _ = strings.Cut(c.Email, "@")
	}
	return errors.Join(d.call(ctx, http.MethodPost, "/api/v1/users", in, nil), d.close())
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
