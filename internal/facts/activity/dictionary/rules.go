package dictionary

import (
	"context"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// lead is how long after its making a rename begins: an event received in the same instant may have been read already, and must have one name for
// ever, also when the journal is read again. A block needs none, since its verdict is written down at the door.
const lead = 2 * time.Second

// Rules gives the rules as they stand, for the door and the applier; nil where there are none. Load must have been called.
func (s *Service) Rules() *Rules { return s.rules.Load() }

// Load reads the rules.
func (s *Service) Load(ctx context.Context) error {
	list, err := listRules(ctx, s.DB)
	if err != nil {
		return err
	}
	s.rules.Store(rulesOf(list))
	return nil
}

func rulesOf(list []Rule) *Rules {
	if len(list) == 0 {
		return nil
	}
	r := &Rules{by: map[string][]Rule{}}
	for _, one := range list {
		r.by[one.Name] = append(r.by[one.Name], one)
	}
	return r
}

// ListRules gives all rules, newest first, those that ended too.
func (s *Service) ListRules(ctx context.Context) ([]Rule, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return nil, err
	}
	return listRules(ctx, s.DB)
}

// Make lets a rule begin.
func (s *Service) Make(ctx context.Context, d Draft) (Rule, error) {
	var r Rule
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return r, err
	}
	var err error
	if d.Name, err = plain("name", d.Name); err != nil {
		return r, err
	}
	if d.Action == Rename {
		if d.Target, err = plain("target", d.Target); err != nil {
			return r, err
		}
	} else {
		d.Target = ""
	}
	err = s.change(ctx, func(tx *sqldb.Tx, list []Rule) error {
		if err := d.check(list); err != nil {
			return err
		}
		names, err := loadKnown(ctx, tx)
		if err != nil {
			return err
		}
		if names[entry{track, d.Name}] == nil {
			if len(names) >= MaxNames {
				return errFull
			}
			if err := ensureName(ctx, tx, track, d.Name); err != nil {
				return err
			}
			tx.OnCommit(s.forget)
		}
		r = Rule{ID: s.IDs.New(), Name: d.Name, Action: d.Action, Target: d.Target, fromAt: clock.Micros(s.Clock.Now()), MadeBy: role.From(ctx).Name}
		if r.Action == Rename {
			r.fromAt += int64(lead / time.Microsecond)
		}
		r.From = clock.FromMicros(r.fromAt)
		if err := saveRule(ctx, tx, &r); err != nil {
			return err
		}
		return s.Audit(ctx, tx, "event_rule.made", "event_rule:"+r.ID.String(), map[string]any{"name": r.Name, "action": r.Action, "target": r.Target})
	})
	return r, err
}

// check finds what would make two rules work on one event.
func (d *Draft) check(list []Rule) error {
	if d.Action != Block && d.Action != Rename {
		return errs.New(errs.Invalid, "dictionary.action", "A rule blocks or renames.")
	}
	if d.Action == Rename && d.Target == d.Name {
		return errs.New(errs.Invalid, "dictionary.same", "The new name is the old one.").
			With(errs.Field{Path: "target", Code: "dictionary.same", Message: "Write another name."})
	}
	for _, r := range list {
		if r.untilAt != 0 {
			continue
		}
		switch {
		case r.Name == d.Name && r.Action == Block:
			return errs.New(errs.Conflict, "dictionary.blocked_already", "%q is blocked. Free it first.", d.Name)
		case r.Name == d.Name:
			return errs.New(errs.Conflict, "dictionary.renamed_already", "%q is renamed to %q. End that first.", d.Name, r.Target)
		case d.Action == Rename && r.Name == d.Target:
			return errs.New(errs.Conflict, "dictionary.chain", "%q is itself blocked or renamed, so nothing can be renamed to it.", d.Target)
		case d.Action == Rename && r.Target == d.Name:
			return errs.New(errs.Conflict, "dictionary.chain", "%q is renamed to %q. End that first, or rename %q to the new name too.", r.Name, d.Name, r.Name)
		case d.Action == Block && r.Target == d.Name:
			return errs.New(errs.Conflict, "dictionary.chain", "%q is renamed to %q. End that first, or block %q instead.", r.Name, d.Name, r.Name)
		}
	}
	return nil
}

// End ends a rule: what is received from now on keeps its name or is taken again.
func (s *Service) End(ctx context.Context, rule id.ID) (Rule, error) {
	var out Rule
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return out, err
	}
	err := s.change(ctx, func(tx *sqldb.Tx, list []Rule) error {
		for _, r := range list {
			if r.ID == rule {
				out = r
			}
		}
		switch {
		case out.ID == 0:
			return errs.New(errs.NotFound, "dictionary.rule_missing", "There is no rule %s.", rule)
		case out.untilAt != 0:
			return nil
		}
		out.untilAt = clock.Micros(s.Clock.Now())
		if out.Action == Rename {
			out.untilAt = max(out.untilAt, out.fromAt) + int64(lead/time.Microsecond)
		}
		out.Until = instant(out.untilAt)
		if err := endRule(ctx, tx, rule, out.untilAt); err != nil {
			return err
		}
		return s.Audit(ctx, tx, "event_rule.ended", "event_rule:"+rule.String(), map[string]any{"name": out.Name, "action": out.Action, "target": out.Target})
	})
	return out, err
}

// change runs a change of the rules and lets door and applier know when it is committed. One at a time, so that the newest is the one they know.
func (s *Service) change(ctx context.Context, fn func(tx *sqldb.Tx, list []Rule) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		before, err := listRules(ctx, tx)
		if err != nil {
			return err
		}
		if err := fn(tx, before); err != nil {
			return err
		}
		after, err := listRules(ctx, tx)
		if err != nil {
			return err
		}
		tx.OnCommit(func() { s.rules.Store(rulesOf(after)) })
		return nil
	})
}
