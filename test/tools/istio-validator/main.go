// istio-validator says what Istio makes of an object, with the very code that a cluster runs: first the schemas and rules of Istio's
// CustomResourceDefinitions, checked as the API server checks them for a strict client, then istiod's validating webhook.
//
// Takes the path of a JSON array of those CRDs as its only argument, reads a JSON array of objects on standard input and writes a
// JSON array of answers, in the same order, as the last line of standard output. Lines before it come from a package of Istio's that
// logs as it is loaded.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/log"
)

// Why an object is refused, by each of the two; empty where it is taken.
type answer struct {
	Schema  string `json:"schema,omitempty"`
	Webhook string `json:"webhook,omitempty"`
	// What the webhook says of an object that it takes.
	Warnings []string `json:"warnings,omitempty"`
}

func main() {
	answers, err := judge()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "istio-validator:", err)
		os.Exit(1)
	}
}

func judge() ([]answer, error) {
	if len(os.Args) != 2 {
		return nil, fmt.Errorf("expected one argument, a file with a JSON array of Istio's CRDs")
	}
	// The webhook logs every refusal, which is what the answers say.
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	options.SetDefaultOutputLevel("all", log.NoneLevel)
	if err := log.Configure(options); err != nil {
		return nil, err
	}
	schemas, err := readSchemas(os.Args[1])
	if err != nil {
		return nil, err
	}
	webhook, err := newWebhook()
	if err != nil {
		return nil, err
	}
	var objects []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return nil, fmt.Errorf("standard input must be a JSON array of objects: %w", err)
	}
	answers := make([]answer, 0, len(objects))
	for _, raw := range objects {
		given, err := answerTo(raw, schemas, webhook)
		if err != nil {
			return nil, err
		}
		answers = append(answers, given)
	}
	return answers, nil
}

func answerTo(raw []byte, schemas *crd.Validator, webhook *webhook) (answer, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(raw); err != nil {
		return answer{}, err
	}
	var given answer
	if err := schemas.ValidateCustomResource(object); err != nil {
		given.Schema = err.Error()
	}
	var err error
	given.Webhook, given.Warnings, err = webhook.ask(raw, object)
	return given, err
}
