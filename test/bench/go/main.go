// What signatures take with the libraries of the Go implementations, for the bench case `go`: JSON with microseconds on standard output.
//
// Each sample is the mean of a batch; all take turns, so that noise hits all alike.
package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/herumi/bls-eth-go-binary/bls"
)

const (
	batch = 8
	// As long as a message of consensus.
	messageBytes = 300
)

var (
	root       = bytes.Repeat([]byte{0x5a}, 32)
	thresholds = []int{3, 5, 7, 9}
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mean(work func()) float64 {
	started := time.Now()
	for i := 0; i < batch; i++ {
		work()
	}
	return float64(time.Since(started).Nanoseconds()) / 1000 / batch
}

// A function that makes a signature of the partial signatures of operators 1 to threshold: to this library all quorums are alike.
func recovery(secret bls.SecretKey, threshold int) func() {
	coefficients := secret.GetMasterSecretKey(threshold)
	var ids []bls.ID
	var partials [][]byte
	for operator := 1; operator <= threshold; operator++ {
		var id bls.ID
		check(id.SetDecString(strconv.Itoa(operator)))
		var share bls.SecretKey
		check(share.Set(coefficients, &id))
		ids = append(ids, id)
		partials = append(partials, share.SignByte(root).Serialize())
	}
	whole := coefficients[0].SignByte(root).Serialize()
	return func() {
		signatures := make([]bls.Sign, len(partials))
		for at, partial := range partials {
			check(signatures[at].Deserialize(partial))
		}
		var signature bls.Sign
		check(signature.Recover(signatures, ids))
		if !bytes.Equal(signature.Serialize(), whole) {
			check(fmt.Errorf("recovered another signature"))
		}
	}
}

// An operator's signature on a message: RSA-2048, PKCS#1 v1.5 with SHA-256.
func operatorKey() (sign, verify func()) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	message := bytes.Repeat([]byte{0x5a}, messageBytes)
	makeOne := func() []byte {
		digest := sha256.Sum256(message)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		check(err)
		return signature
	}
	signature := makeOne()
	return func() { makeOne() }, func() {
		digest := sha256.Sum256(message)
		check(rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature))
	}
}

func main() {
	rounds, err := strconv.Atoi(os.Args[1])
	check(err)
	check(bls.Init(bls.BLS12_381))
	check(bls.SetETHmode(bls.EthModeDraft07))

	var secret bls.SecretKey
	secret.SetByCSPRNG()
	public := secret.GetPublicKey()
	signature := secret.SignByte(root)
	works := map[string]func(){
		"sign": func() { secret.SignByte(root) },
		"verify": func() {
			if !signature.VerifyByte(public, root) {
				check(fmt.Errorf("the signature does not verify"))
			}
		},
	}
	works["rsa-sign"], works["rsa-verify"] = operatorKey()
	for _, threshold := range thresholds {
		works["recover-"+strconv.Itoa(threshold)] = recovery(secret, threshold)
	}

	samples := map[string][]float64{}
	for round := -2; round < rounds; round++ {
		for name, work := range works {
			us := mean(work)
			// The first rounds warm up.
			if round >= 0 {
				samples[name] = append(samples[name], us)
			}
		}
	}
	check(json.NewEncoder(os.Stdout).Encode(samples))
}
