package floor

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"carerecord/internal/exclusion"
	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// A source is one database and the pipelines it is asked.
type source struct {
	sector    record.Sector
	org       *record.Organisation
	name      string // as ids have it
	pool      *pgxpool.Pool
	pipelines map[string][]prepared // by question
}

// prepared is a query as a connection knows it.
type prepared struct {
	*query
	name, sql  string
	parameters []string
}

// prepare compiles the queries of a question.
func (s *source) prepare(name string, asked question, service map[string]string, specialties []string) error {
	for i := range asked[s.sector] {
		q := asked[s.sector][i]
		text, known := service[q.statement]
		if !known {
			return fmt.Errorf("the service prepares no statement %s for %s", q.statement, s.sector)
		}
		sql, parameters, err := q.compile(s.sector, text, "{"+strings.Join(specialties, ",")+"}")
		if err != nil {
			return err
		}
		s.pipelines[name] = append(s.pipelines[name], prepared{&q, fmt.Sprintf("%s %d", name, i), sql, parameters})
	}
	return nil
}

// open makes the pool. Every new connection is told what is never shown and prepares all
// statements.
func (s *source) open(dsn, tell string, filter *exclusion.Filter) (err error) {
	stems := cmp.Or(filter.Stems(), filter.Pattern())
	config, err := postgres.Config(dsn, postgres.Options{Prepare: func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, tell, filter.Codes(), filter.Pattern(), stems); err != nil {
			return err
		}
		for _, pipeline := range s.pipelines {
			for _, q := range pipeline {
				if _, err := conn.Prepare(ctx, q.name, q.sql); err != nil {
					return fmt.Errorf("prepare %s of %s: %w", q.statement, s.sector, err)
				}
			}
		}
		return nil
	}})
	if err != nil {
		return err
	}
	s.pool, err = pgxpool.NewWithConfig(context.Background(), config) // as pgx reads
	return err
}

// warm makes all connections.
func (s *source) warm(ctx context.Context) error {
	for range s.pool.Config().MaxConns {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
	}
	return nil
}

// binary is the one result format: every column in its binary form.
var binaryFormat = []int16{1}

var errForeign = errors.New("rows of nobody, or not in the order of the patients")

// read sends one pipeline and gathers its rows.
func (s *source) read(ctx context.Context, question string, subjects *subjects, into *[results]rows) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	pipeline := s.pipelines[question]
	var batch pgconn.Batch
	values := make([][]byte, 0, 6*len(pipeline))
	for i := range pipeline {
		first := len(values)
		for _, name := range pipeline[i].parameters {
			values = append(values, subjects.parameter(name))
		}
		batch.ExecPrepared(pipeline[i].name, values[first:len(values):len(values)], binaryFormat, binaryFormat)
	}
	reader := conn.Conn().PgConn().ExecBatch(ctx, &batch)
	for i := 0; reader.NextResult(); i++ {
		if pipeline[i].tried != "" {
			if _, err := reader.ResultReader().Close(); err != nil {
				reader.Close()
				return err
			}
			continue
		}
		into[pipeline[i].into].into = pipeline[i].into
		if err := into[pipeline[i].into].gather(reader.ResultReader(), s, subjects, pipeline[i].statement); err != nil {
			reader.Close()
			return err
		}
	}
	return reader.Close()
}

// gather takes the rows of one result over from the driver's buffer.
func (r *rows) gather(reader *pgconn.ResultReader, s *source, subjects *subjects, kind string) error {
	r.source, r.kind = s, kind
	r.starts = make([]int32, len(subjects.numbers)+1)
	last := 0
	for reader.NextRow() {
		values := reader.Values()
		if values[0] == nil { // of nobody
			continue
		}
		subject := int(binary.BigEndian.Uint64(values[0]))
		if subject < last || subject > len(subjects.numbers) || subject == 0 {
			return errForeign
		}
		for ; last < subject; last++ {
			r.starts[last] = int32(len(r.items))
		}
		r.items = append(r.items, r.row(values[1:], subjects.numbers[subject-1]))
	}
	for ; last < len(r.starts); last++ {
		r.starts[last] = int32(len(r.items))
	}
	_, err := reader.Close()
	return err
}

// subjects are the patients of a pipeline, in the binary form of its parameters.
type subjects struct {
	numbers                                            []record.NHSNumber
	patients, adultFrom, now, midnight, today, courses []byte
}

func newSubjects(numbers []record.NHSNumber, adultFrom []record.Date, now time.Time) *subjects {
	today := record.Today(now)
	return &subjects{
		numbers: numbers, patients: array(numbers), adultFrom: array(adultFrom), now: moment(now), midnight: moment(today.Midnight()),
		today: []byte(today), courses: []byte(record.Today(now.AddDate(0, 0, -28))),
	}
}

func (s *subjects) parameter(name string) []byte {
	switch name {
	case "patients":
		return s.patients
	case "adult_from":
		return s.adultFrom
	case "now":
		return s.now
	case "midnight":
		return s.midnight
	case "today":
		return s.today
	case "course":
		return s.courses
	}
	return nil
}

// textOID is the type of text in an array.
const textOID = 25

// array is a text array in PostgreSQL's binary form.
func array[T ~string](values []T) []byte {
	b := make([]byte, 0, 20+16*len(values))
	for _, word := range []int{1, 0, textOID, len(values), 1} {
		b = binary.BigEndian.AppendUint32(b, uint32(word))
	}
	for _, value := range values {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
	}
	return b
}

// epoch is where PostgreSQL counts its microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

func moment(at time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(at.UnixMicro()-epoch))
}
