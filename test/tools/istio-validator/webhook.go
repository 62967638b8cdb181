package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	admission "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/webhooks/validation/server"
)

// The handler that istiod serves at /validate, asked without a socket.
type webhook struct {
	handler http.Handler
}

func newWebhook() (*webhook, error) {
	mux := http.NewServeMux()
	_, err := server.New(server.Options{Schemas: collections.Istio, DomainSuffix: "cluster.local", Mux: mux})
	return &webhook{handler: mux}, err
}

// The reason for a refusal, or "" and the warnings.
func (w *webhook) ask(raw []byte, object *unstructured.Unstructured) (string, []string, error) {
	kind := object.GroupVersionKind()
	review := admission.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admission.AdmissionRequest{
			UID:       "1",
			Kind:      metav1.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind},
			Operation: admission.Create,
			Name:      object.GetName(),
			Namespace: object.GetNamespace(),
			Object:    runtime.RawExtension{Raw: raw},
		},
	}
	body, err := json.Marshal(review)
	if err != nil {
		return "", nil, err
	}
	request := httptest.NewRequest(http.MethodPost, "/validate", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusOK {
		return "", nil, fmt.Errorf("the webhook answered %d: %s", recorder.Code, recorder.Body)
	}
	var answered admission.AdmissionReview
	if err := json.Unmarshal(recorder.Body.Bytes(), &answered); err != nil {
		return "", nil, err
	}
	response := answered.Response
	if response == nil {
		return "", nil, fmt.Errorf("the webhook answered without a response: %s", recorder.Body)
	}
	if response.Allowed {
		return "", response.Warnings, nil
	}
	return response.Result.Message, nil, nil
}
