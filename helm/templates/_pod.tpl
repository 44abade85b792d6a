{{- /*
The pod, for whatever runs it: a StatefulSet of one, which brings the volume `journal`, or a Deployment of several, whose
journal is in a database.
*/ -}}
{{- define "zonal-loyalty-adapter.pod" -}}
{{- $onSqlite := eq .Values.journal.kind "sqlite" -}}
{{- $secretFiles := include "zonal-loyalty-adapter.secretFiles" . | fromYamlArray -}}
{{- $preStopSeconds := include "zonal-loyalty-adapter.preStopSeconds" . | int -}}
metadata:
  labels:
    {{- include "zonal-loyalty-adapter.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "zonal-loyalty-adapter.config" . | sha256sum }}
    {{- with .Values.secret.revision }}
    secret-revision: {{ . | quote }}
    {{- end }}
    {{- if eq .Values.metrics.scrape "annotations" }}
    prometheus.io/scrape: 'true'
    prometheus.io/port: {{ .Values.config.MANAGEMENT_PORT | quote }}
    prometheus.io/path: /metrics
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "zonal-loyalty-adapter.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  # Their variables would be in the service's environment, and it needs none of them.
  enableServiceLinks: false
  # The drain, the service's own stop, and room for its last words.
  terminationGracePeriodSeconds: {{ add .Values.stop.drainSeconds .Values.stop.finishSeconds 5 }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with include "zonal-loyalty-adapter.placement" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- if not $onSqlite }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "zonal-loyalty-adapter.selectorLabels" $ | nindent 10 }}
      # In a rollout the old pods do not count: they are about to go.
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  containers:
    - name: adapter
      image: {{ include "zonal-loyalty-adapter.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      # What is wrong with a configuration is on stderr; this way `kubectl describe pod` tells it.
      terminationMessagePolicy: FallbackToLogsOnError
      ports:
        - name: http
          containerPort: {{ .Values.config.PORT }}
        - name: management
          containerPort: {{ .Values.config.MANAGEMENT_PORT }}
        {{- if .Values.console.enabled }}
        - name: console
          containerPort: {{ .Values.console.port }}
        {{- end }}
      envFrom:
        - configMapRef:
            name: {{ include "zonal-loyalty-adapter.fullname" . }}
      env:
        # Production refuses to start without Kafka, so a try without it is something else.
        - name: NODE_ENV
          value: {{ ternary "production" "staging" (not (empty .Values.kafka.brokers)) }}
        {{- if $onSqlite }}
        # What SQLite cannot sort in memory it puts here; the root file system is read-only.
        - name: SQLITE_TMPDIR
          value: {{ dir .Values.config.JOURNAL_PATH | quote }}
        {{- end }}
        {{- range $secretFiles }}
        - name: {{ .name }}_FILE
          value: /etc/zonal-loyalty-adapter/{{ .name }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if gt $preStopSeconds 0 }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ $preStopSeconds }}
      {{- end }}
      startupProbe:
        httpGet: { path: /health/ready, port: management }
        {{- toYaml .Values.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet: { path: /health/ready, port: management }
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet: { path: /health/live, port: management }
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- if $onSqlite }}
        - name: journal
          mountPath: {{ dir .Values.config.JOURNAL_PATH | quote }}
        {{- end }}
        - name: secrets
          mountPath: /etc/zonal-loyalty-adapter
          readOnly: true
        {{- if .Values.capture.enabled }}
        - name: capture
          mountPath: /var/capture
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- range $secretFiles }}
          - secret:
              name: {{ .secret | quote }}
              items: [{ key: {{ .key | quote }}, path: {{ .name }} }]
          {{- end }}
          {{- range $file, $secret := dict "kafka-ca.pem" .Values.kafka.tls.caSecret "journal-ca.pem" .Values.journal.tls.caSecret "collector-ca.pem" (ternary .Values.tracing.caSecret dict (not (empty .Values.tracing.endpoint))) }}
          {{- if $secret.name }}
          - secret:
              name: {{ $secret.name | quote }}
              items: [{ key: {{ $secret.key | quote }}, path: {{ $file }} }]
          {{- end }}
          {{- end }}
    {{- if .Values.capture.enabled }}
    - name: capture
      emptyDir: { medium: Memory, sizeLimit: {{ .Values.capture.size | quote }} }
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- /* Where pods may run and what their image may be pulled with: the same for the pod of `helm test`. */ -}}
{{- define "zonal-loyalty-adapter.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- end -}}
