package audit

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
)

// ErrBroken says that the trail does not hold, so that nothing is signed for it and
// nothing of it is removed. The command audit verify says where it breaks.
var ErrBroken = errors.New("the audit trail does not hold")

// Signer signs checkpoints.
type Signer struct {
	Key crypto.Signer // of Ed25519
	ID  string        // the key's ID (kid), by which a verifier finds it
}

// public returns the public half of the key, or an error if it is not an Ed25519 key
// with an ID.
func (s Signer) public() (ed25519.PublicKey, error) {
	if s.Key != nil && s.ID != "" {
		if key, ok := s.Key.Public().(ed25519.PublicKey); ok {
			return key, nil
		}
	}
	return nil, errors.New("checkpoints are signed with an Ed25519 key that has an id")
}

// Checkpoint is a signed statement of where the chain stood. Whoever rebuilds the trail,
// or cuts its end off, cannot make one that fits.
type Checkpoint struct {
	Sequence   int64     // of the last event
	Hash       []byte    // of that event
	Events     int64     // how many events were kept then
	RecordedAt time.Time // when that event was recorded, by the database's clock
	MadeAt     time.Time // when it was made, by the service's clock, to the second; unless Past, that event was then the last
	Past       bool      // signed when that event was no longer the last
}

// claims is the payload of a signed Checkpoint.
type claims struct {
	jwt.RegisteredClaims
	Sequence   int64     `json:"sequence"`
	Hash       string    `json:"hash"`
	Events     int64     `json:"events"`
	RecordedAt time.Time `json:"recordedAt"`
	Past       bool      `json:"past,omitempty"`
}

// checkpointType is the typ of the JWS. It keeps other things signed with the same key
// from being taken for a checkpoint.
const checkpointType = "checkpoint+jwt"

// sign returns the checkpoint as a JWS.
func (s Signer) sign(c Checkpoint) (string, error) {
	token := &jwt.Token{
		Method: jwt.SigningMethodEdDSA,
		Header: map[string]any{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": s.ID, "typ": checkpointType},
		Claims: claims{
			RegisteredClaims: jwt.RegisteredClaims{IssuedAt: jwt.NewNumericDate(c.MadeAt)},
			Sequence:         c.Sequence, Hash: hex.EncodeToString(c.Hash), Events: c.Events, RecordedAt: c.RecordedAt.UTC(), Past: c.Past,
		},
	}
	return token.SignedString(s.Key)
}

var (
	errUnknownKey = errors.New("it is signed with a key that is not known")
	errForged     = errors.New("its signature does not fit")
	errUnreadable = errors.New("it cannot be read")
)

// openCheckpoint reads a JWS. Without keys it does not check the signature.
func openCheckpoint(signed string, keys map[string]ed25519.PublicKey) (Checkpoint, error) {
	if strings.ContainsAny(signed, "\r\n") { // encoding/base64 skips them, even in strict mode
		return Checkpoint{}, errUnreadable
	}
	var c claims
	var token *jwt.Token
	var err error
	if len(keys) == 0 {
		token, _, err = jwt.NewParser().ParseUnverified(signed, &c)
	} else {
		parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
		token, err = parser.ParseWithClaims(signed, &c, func(token *jwt.Token) (any, error) {
			id, _ := token.Header["kid"].(string)
			if key, known := keys[id]; known {
				return key, nil
			}
			return nil, errUnknownKey
		})
	}
	switch {
	case errors.Is(err, errUnknownKey):
		return Checkpoint{}, errUnknownKey
	case errors.Is(err, jwt.ErrTokenMalformed):
		return Checkpoint{}, errUnreadable
	case err != nil:
		return Checkpoint{}, errForged
	}
	hash, err := hex.DecodeString(c.Hash)
	if err != nil || token.Header["typ"] != checkpointType || c.Sequence <= 0 || c.IssuedAt == nil {
		return Checkpoint{}, errUnreadable
	}
	return Checkpoint{Sequence: c.Sequence, Hash: hash, Events: c.Events, RecordedAt: c.RecordedAt, MadeAt: c.IssuedAt.Time, Past: c.Past}, nil
}

// Keeping is how a Trail protects its past: with checkpoints and retention.
type Keeping struct {
	Signer *Signer       // if nil, there are no checkpoints and nothing is ever removed
	Events int           // a checkpoint after this many events of this Trail, 1,000 unless set
	Every  time.Duration // and after this time if anything happened, 5 min unless set
	Log    io.Writer     // receives each checkpoint too, on a line of its own: best out of reach of whoever owns the database

	// Keys are the public keys of earlier signers, by ID. The Signer's own need not be
	// among them.
	Keys map[string]ed25519.PublicKey

	Months int // how long events are kept: DefaultMonths unless set, at least twelve; below 0, for ever

	// Failed is called with what could not be done, ErrBroken included. No disclosure
	// waits for a checkpoint, so Failed must raise an alarm. It may be nil.
	Failed func(error)

	Now func() time.Time // time.Now if nil
}

func (k Keeping) withDefaults() (Keeping, error) {
	if k.Events <= 0 {
		k.Events = 1_000
	}
	if k.Every <= 0 {
		k.Every = 5 * time.Minute
	}
	if k.Log == nil {
		k.Log = io.Discard
	}
	if k.Months == 0 {
		k.Months = DefaultMonths
	}
	if k.Months > 0 && k.Months < leastMonths {
		return k, fmt.Errorf("the audit trail is kept for at least %d months", leastMonths)
	}
	if k.Failed == nil {
		k.Failed = func(error) {}
	}
	if k.Now == nil {
		k.Now = time.Now
	}
	if k.Signer == nil {
		return k, nil
	}
	key, err := k.Signer.public()
	if err != nil {
		return k, err
	}
	keys := map[string]ed25519.PublicKey{}
	for id, known := range k.Keys {
		keys[id] = known
	}
	keys[k.Signer.ID] = key
	k.Keys = keys
	return k, nil
}

// Checkpoint signs where the chain stands, if anything has happened since the last
// checkpoint, and reports whether it did. It first verifies what has happened since. If
// that does not hold, it signs nothing and returns ErrBroken.
func (t *Trail) Checkpoint(ctx context.Context) (made bool, err error) {
	if t.options.Keeping.Signer == nil {
		return false, errors.New("there is no key to sign checkpoints with")
	}
	c := Checkpoint{MadeAt: t.options.Keeping.Now()} // before the read: what comes after the checkpoint is later
	err = unremoved(ctx, t.pool, func(tx pgx.Tx) error {
		var last string
		err := tx.QueryRow(ctx, `
			SELECT h.sequence, h.hash, coalesce(l.signed, '')
			FROM audit.head AS h
			LEFT JOIN LATERAL (SELECT signed FROM audit.checkpoint ORDER BY sequence DESC LIMIT 1) AS l ON true`,
		).Scan(&c.Sequence, &c.Hash, &last)
		if err != nil {
			return err
		}
		made, err = t.examine(ctx, tx, &c, last)
		return err
	})
	if err != nil || !made {
		return false, broken(err)
	}
	return true, t.keepCheckpoint(ctx, c)
}

// reading makes a read-only transaction that sees one moment of the database.
var reading = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// unremoved runs read on a snapshot, and lets nothing be removed until it ends. The lock
// is needed because a dropped partition disappears from earlier snapshots too.
func unremoved(ctx context.Context, db interface {
	BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error)
}, read func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, db, reading, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE audit.event IN ACCESS SHARE MODE`); err != nil {
			return err
		}
		return read(tx)
	})
}

func broken(err error) error {
	if err == nil || errors.Is(err, ErrBroken) {
		return err
	}
	return unavailable("making a checkpoint", err)
}

// examine verifies from the last checkpoint to c, and completes c. It reports whether
// there is anything to sign.
func (t *Trail) examine(ctx context.Context, tx pgx.Tx, c *Checkpoint, last string) (bool, error) {
	v := verifier{w: io.Discard, keys: t.options.Keeping.Keys, hash: make([]byte, len(c.Hash))}
	from := int64(math.MinInt64)
	if last != "" {
		before, err := openCheckpoint(last, v.keys)
		switch {
		case err != nil:
			return false, fmt.Errorf("%w: the last checkpoint: %w", ErrBroken, err)
		case before.Sequence == c.Sequence:
			return false, nil
		}
		v.sequence, v.hash, v.at, from = before.Sequence, before.Hash, before.RecordedAt, before.Sequence
	}
	if c.Sequence == 0 {
		return false, nil
	}
	if err := v.walk(ctx, tx, from, c.Sequence); err != nil {
		return false, err
	}
	v.endsWith(c.Sequence, c.Hash)
	if !v.report.Holds() {
		return false, fmt.Errorf("%w: event %d: %s", ErrBroken, v.report.First.Sequence, v.report.First.Reason)
	}
	var first int64
	if err := tx.QueryRow(ctx, `SELECT min(sequence) FROM audit.event`).Scan(&first); err != nil {
		return false, err
	}
	c.Events, c.RecordedAt = c.Sequence-first+1, v.at
	return true, nil
}

// keepCheckpoint signs a checkpoint and stores it in the database and in the log.
func (t *Trail) keepCheckpoint(ctx context.Context, c Checkpoint) error {
	signed, err := t.options.Keeping.Signer.sign(c)
	if err != nil {
		return err
	}
	if _, err := t.pool.Exec(ctx, `SELECT audit.keep_checkpoint($1, $2, $3)`, c.Sequence, c.Hash, signed); err != nil {
		return unavailable("keeping a checkpoint", err)
	}
	// It starts on a line of its own, even after a line that was cut short.
	if _, err := io.WriteString(t.options.Keeping.Log, "\n"+signed+"\n"); err != nil {
		return fmt.Errorf("writing a checkpoint to the log: %w", err)
	}
	return nil
}
