// Package user owns the people who work here: their names, roles and passwords.
//
// Passwords are kept as argon2id; how many are worked out at once is bounded, since each takes 19 MiB and a core for some 50 ms. A user
// is never deleted, because the audit log and the facts name him: he is disabled. epoch counts his password changes;
// a session of an earlier epoch, and any session of a disabled user, is over (see access/session).
//
//	enabled <---> disabled
//
// Invariants: e-mail addresses are kept in lower case and are unique; there is always an enabled owner once there is a user; both also
// hold when two people change things at the same moment, because every write to users takes the same lock.
// Nothing is announced from here.
package user

import (
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/access/setting"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// MinPassword is the least number of characters of a password; maxPassword bounds the work of a hash.
const (
	MinPassword = 8
	maxPassword = 200
)

// User is somebody who works here.
type User struct {
	ID        id.ID     `json:"id"`
	Email     string    `json:"email"`
	Name      string    `json:"name"`
	Role      role.Role `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
	Language  string    `json:"language" doc:"Empty: that of the settings" example:"fa"`
	Disabled  bool      `json:"disabled"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	Epoch int64 `json:"-"`
	hash  string
}

// Draft describes a user to be made.
type Draft struct {
	Email    string    `json:"email" format:"email" maxLength:"254"`
	Name     string    `json:"name" minLength:"1" maxLength:"200"`
	Role     role.Role `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
	Password string    `json:"password" minLength:"8" maxLength:"200"`
	Language string    `json:"language,omitempty" maxLength:"35" example:"en"`
}

// Patch changes what is not nil.
type Patch struct {
	Email    *string    `json:"email,omitempty" format:"email" maxLength:"254"`
	Name     *string    `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Role     *role.Role `json:"role,omitempty" enum:"owner,manager,marketer,agent,sales,analyst"`
	Password *string    `json:"password,omitempty" minLength:"8" maxLength:"200" doc:"A new password; it ends his sessions"`
	Language *string    `json:"language,omitempty" maxLength:"35" example:"en"`
	Disabled *bool      `json:"disabled,omitempty"`
}

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Audit *audit.Service
}

// ErrSetUp says that there is a user already, so that nobody can become the first.
var ErrSetUp = errs.New(errs.Conflict, "setup.done", "Rapport is set up already. Sign in, or ask the owner for an account.")

func (u User) check() []errs.Field {
	var wrong []errs.Field
	if a, err := mail.ParseAddress(u.Email); err != nil || a.Address != u.Email {
		wrong = append(wrong, errs.Field{Path: "email", Code: "email", Message: "This is not an e-mail address."})
	}
	if u.Name == "" {
		wrong = append(wrong, errs.Field{Path: "name", Code: "required", Message: "A user needs a name."})
	}
	if !u.Role.Valid() {
		wrong = append(wrong, errs.Field{Path: "role", Code: "enum", Message: "The role is owner, manager, marketer, agent, sales or analyst."})
	}
	if u.Language != "" {
		wrong = append(wrong, setting.CheckLanguage("language", u.Language)...)
	}
	return wrong
}

// CheckInvited refuses an address or a role that no user can have.
func CheckInvited(email string, r role.Role) error {
	return refuse(User{Email: email, Name: email, Role: r}.check())
}

func checkPassword(p string) []errs.Field {
	switch n := utf8.RuneCountInString(p); {
	case n < MinPassword:
		return []errs.Field{{Path: "password", Code: "too_short", Message: "A password has at least 8 characters."}}
	case n > maxPassword:
		return []errs.Field{{Path: "password", Code: "too_long", Message: "A password has at most 200 characters."}}
	}
	return nil
}

func refuse(wrong []errs.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "user.invalid", "The user has wrong values; errors says where.").With(wrong...)
}

// Address gives the form in which an e-mail address is kept and compared.
func Address(s string) string { return strings.ToLower(strings.TrimSpace(sqldb.Clean(s))) }

func text(s string) string { return strings.TrimSpace(sqldb.Clean(s)) }

// typed gives a password in the one form in which every keyboard types it.
func typed(p string) string { return norm.NFC.String(p) }

// applied gives the user with the patch laid over him, and what differs by name, without the password.
func (p Patch) applied(to User) (User, map[string]any) {
	diff := map[string]any{}
	set := func(name string, to *string, v *string) {
		if v != nil && *v != *to {
			*to = *v
			diff[name] = *v
		}
	}
	if p.Email != nil {
		address := Address(*p.Email)
		set("email", &to.Email, &address)
	}
	if p.Name != nil {
		name := text(*p.Name)
		set("name", &to.Name, &name)
	}
	set("language", &to.Language, p.Language)
	if p.Role != nil && *p.Role != to.Role {
		to.Role = *p.Role
		diff["role"] = to.Role
	}
	if p.Disabled != nil && *p.Disabled != to.Disabled {
		to.Disabled = *p.Disabled
		diff["disabled"] = to.Disabled
	}
	return to, diff
}
