package httpapi

import (
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
)

// Paging is how a list is asked for its next page.
type Paging struct {
	Limit  int    `query:"limit" minimum:"0" maximum:"500"`
	Cursor string `query:"cursor"`
}

// Whole asks for a list from a cursor on, in pages that are as long as lists allow.
func Whole(cursor string) Paging { return Paging{page.MaxLimit, cursor} }

// Day reads a day of a filter as the instant at which it begins in a zone; 0 where none is given.
func Day(field, text string, zone *time.Location) (int64, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return 0, errs.New(errs.Invalid, "list.day", "A day of the filter cannot be understood.").
			With(errs.Field{Path: "query." + field, Code: "list.day", Message: "must be a day like 2026-11-24"})
	}
	return clock.Micros(t), nil
}

// Amount reads an amount of a filter in minor units; nil where none is given.
func Amount(field, text, currency string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	m, err := money.Parse(text, currency)
	if err != nil {
		return nil, errs.New(errs.Invalid, "list.amount", "An amount of the filter cannot be understood.").
			With(errs.Field{Path: "query." + field, Code: "list.amount", Message: "must be a number like 12.50"})
	}
	return &m.Minor, nil
}
