{{- /*
An Ingress. `values`: `ingress`, or a section with the same values. `name`: its own and that of the Service, `port`: the Service's.
*/ -}}
{{- define "zonal-loyalty-adapter.ingress" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "zonal-loyalty-adapter.labels" .root | nindent 4 }}
  {{- with .values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .values.className }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  {{- if .values.tls.enabled }}
  tls:
    - hosts: [{{ .host | quote }}]
      secretName: {{ .values.tls.secretName | default (printf "%s-tls" .name) | quote }}
  {{- end }}
  rules:
    - host: {{ .host | quote }}
      http:
        paths:
          - path: {{ .path }}
            pathType: Prefix
            backend:
              service:
                name: {{ .name }}
                port:
                  name: {{ .port }}
{{- end -}}
