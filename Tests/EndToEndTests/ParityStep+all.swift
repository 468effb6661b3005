import Foundation

extension ParityStep {
  static let policy = """
    apiVersion: apus.dev/v1alpha1
    kind: MonitoringPolicy
    metadata: {name: drift, labels: {tier: one}}
    spec:
      modelRef: {name: income}
      schedule: {cron: "*/30 * * * *", timeZone: Etc/UTC}
      maximumSamples: 3000
    """

  static let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web}}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: server
            image: apus-server:0.1.0
            imagePullPolicy: Never
            args: ["--routing", "/etc/none/routing.json"]
            ports: [{name: http, containerPort: 8080}]
            env:
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: APUS_ARTIFACTS, value: "file:///tmp"}
    """

  static let service = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{name: http, port: 80, targetPort: http}]
    """

  static func job(_ name: String, _ argument: String) -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: \(name)}
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: "apus:0.1.0", imagePullPolicy: Never, args: ["\(argument)"]}]
    """
  }

  static let configMap = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, labels: {tier: one}}
    data: {color: red, size: "3"}
    """

  /// A file of the repository, as a person applies it.
  static func sample(_ name: String) -> String {
    let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL
    return (try? String(contentsOf: root.appendingPathComponent("manifests/samples/\(name)"), encoding: .utf8)) ?? ""
  }

  /// In order: each step sees what the ones before it left.
  static let all: [ParityStep] =
    [
      ParityStep("create namespace \(ParityTests.namespace)"),
      ParityStep("create namespace \(ParityTests.namespace)"),
      ParityStep("get namespace \(ParityTests.namespace) -o jsonpath={.status.phase}"),
    ] + plainObjects + models + editing + workloads + jobs + [
      ParityStep("delete namespace \(ParityTests.namespace)"),
      ParityStep("get namespace \(ParityTests.namespace)"),
      ParityStep("apply -f -", input: configMap),
    ]

  private static let plainObjects: [ParityStep] = [
    ParityStep("apply -f -", input: configMap),
    ParityStep("apply -f -", input: configMap),
    ParityStep("diff -f -", input: configMap),
    ParityStep("diff -f -", input: configMap.replacing("red", with: "blue")),
    ParityStep("apply -f -", input: configMap.replacing("red", with: "blue").replacing(", size: \"3\"", with: "")),
    ParityStep("get configmap settings -o jsonpath={.data}"),
    ParityStep("get configmap settings --show-labels"),
    ParityStep("get configmap settings -o yaml"),
    ParityStep("get configmap settings -o yaml --show-managed-fields"),
    ParityStep("describe configmap settings"),
    ParityStep("create -f -", input: configMap),
    ParityStep("replace -f -", input: configMap.replacing("red", with: "green")),
    ParityStep("get configmap settings -o jsonpath={.data}"),
    ParityStep("patch configmap settings -p '{\"data\":{\"color\":null,\"shape\":\"round\"}}'"),
    ParityStep("patch configmap settings -p '{\"data\":{\"size\":3}}'"),
    ParityStep("get configmap settings -o jsonpath={.data}"),
    ParityStep("create configmap x --from-literal=a=b --dry-run=server"),
    ParityStep("get configmap x"),
    ParityStep("create configmap 'Not a name' --from-literal=a=b"),
    ParityStep("label configmap settings 'bad value=is here'"),
    ParityStep("create configmap x --from-literal=a=b"),
    ParityStep("get configmaps -l 'tier in (one,two)' -o name"),
    ParityStep("get configmaps -l '!tier' --field-selector metadata.name=x -o name"),
    ParityStep("get configmaps --field-selector metadata.name!=x,metadata.name!=kube-root-ca.crt -o name"),
    ParityStep("get configmaps --field-selector data.color=red"),
    ParityStep("get configmaps -l 'tier in one'"),
    ParityStep("get configmaps -l 'tier=one=two'"),
    ParityStep("get configmaps -l 'tier one'", allowing: operators),
    ParityStep("get configmaps -l '=one'"),
    ParityStep("get configmaps -l 'tier,'"),
    ParityStep("get nonsense"),
    ParityStep("get serviceaccounts -o name"),
    ParityStep("delete configmap settings x"),
    ParityStep("delete configmap settings"),
  ]

  private static let models: [ParityStep] = [
    ParityStep("api-resources --api-group=apus.dev"),
    ParityStep("apply -f -", input: sample("income.yaml")),
    ParityStep("apply -f -", input: sample("income.yaml")),
    ParityStep("diff -f -", input: sample("income.yaml").replacing("0.80", with: "0.81")),
    ParityStep("get md,mp"),
    ParityStep("get md,mp,mv -o wide"),
    ParityStep("get apus -o name --sort-by=.kind"),
    ParityStep("get modeldeployments.apus.dev income -o yaml"),
    ParityStep("get monitoringpolicies.v1alpha1.apus.dev income -o yaml"),
    ParityStep("get md income -o jsonpath={.metadata.managedFields[*].manager}"),
    ParityStep("get md income -o jsonpath={.metadata.managedFields[*].fieldsV1}", allowing: ownership),
    ParityStep("describe md income"),
    ParityStep("describe mp income"),
    ParityStep("get md income -o custom-columns=N:.metadata.name,R:.spec.serving.replicas,M:.spec.missing"),
    ParityStep("explain md", allowing: explanation),
    ParityStep("explain md.spec", allowing: explanation),
    ParityStep("explain md.spec.promotion.minimum", allowing: explanation),
    ParityStep("explain mp.spec.schedule.cron", allowing: explanation),
    ParityStep("explain md.spec.nothing", allowing: failedExplanation),
    ParityStep("explain md.metadata.labels", allowing: builtInExplanation),
    ParityStep("apply --server-side --field-manager=one -f -", input: policy),
    ParityStep("apply --server-side --field-manager=one -f -", input: policy),
    ParityStep(
      "apply --server-side --field-manager=two -f -",
      input: policy.replacing("3000", with: "4000").replacing("*/30", with: "*/15")),
    ParityStep(
      "apply --server-side --field-manager=two --force-conflicts -f -", input: policy.replacing("3000", with: "4000")),
    ParityStep("apply --server-side --field-manager=one -f -", input: policy),
    ParityStep(
      "apply --server-side --field-manager=one -f -", input: policy.replacing("  maximumSamples: 3000", with: "")),
    ParityStep("get mp drift -o jsonpath={.spec.maximumSamples}"),
    ParityStep("get mp drift -o yaml --show-managed-fields"),
    ParityStep("get mp -l tier=one -o name"),
    ParityStep("get mp -l 'tier notin (one)' -o name"),
    ParityStep("get mp --sort-by=.metadata.name -o name"),
    ParityStep("patch mp drift -p '{\"spec\":{}}'"),
    ParityStep("patch mp drift --type=merge -p '{\"metadata\":{\"labels\":{\"a\":\"b\"}}}'"),
    ParityStep("patch mp drift --type=merge -p '{\"metadata\":{\"labels\":{\"a\":\"b\"}}}'"),
    ParityStep("patch mp drift --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/maximumSamples\",\"value\":7}]'"),
    ParityStep("patch mp drift --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/a\"}]'"),
    ParityStep("patch mp drift --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/a\"}]'"),
    ParityStep("patch mp drift --type=merge -p '{\"spec\":{\"maximumSamples\":\"many\"}}'", allowing: uncheckedRules),
    ParityStep("patch mp drift --type=merge -p '{\"spec\":{\"maximumSamples\":-1}}'"),
    ParityStep("patch mp drift --type=merge -p '{\"spec\":{\"window\":\"long\"}}'"),
    ParityStep(
      "patch md income --type=merge -p '{\"spec\":{\"promotion\":{\"approval\":\"Perhaps\"}}}'",
      allowing: uncheckedRules),
    ParityStep("patch md income --type=merge -p '{\"spec\":{\"training\":null}}'", allowing: uncheckedRules),
    ParityStep(
      "patch md income --subresource=status --type=merge -p '{\"status\":{\"version\":\"v1\",\"accuracy\":0.8731}}'"),
    ParityStep("get md income"),
    ParityStep("patch md income --type=merge -p '{\"status\":{\"version\":\"v2\"}}'"),
    ParityStep("get md income -o jsonpath={.status.version}/{.metadata.generation}"),
    ParityStep(
      "patch md income --subresource=status --type=merge -p '{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"Served\",\"message\":\"m\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"}]}}'"
    ),
    ParityStep("wait --for=condition=Ready md/income --timeout=5s"),
    ParityStep("wait --for=condition=Ready mp/income --timeout=1s"),
    ParityStep("wait '--for=jsonpath={.status.version}=v1' md/income --timeout=5s"),
    ParityStep("get md -o wide"),
    ParityStep("scale md income --replicas=2"),
    ParityStep("annotate md income apus.dev/approve=v1"),
    ParityStep("label md income tier=a"),
    ParityStep("label md income tier=b"),
    ParityStep("label md income tier=b --overwrite"),
  ]

  private static let editing: [ParityStep] = [
    ParityStep("edit mp drift", environment: ["EDITOR": "sed -i s/Etc.UTC/Europe\\/Berlin/"]),
    ParityStep("edit mp drift", environment: ["EDITOR": "true"]),
    ParityStep("get mp drift -o jsonpath={.spec.schedule}"),
    ParityStep("edit mp drift", environment: ["EDITOR": "sed -i s/kind:.*/kind:/"]),
    ParityStep("get mp missing"),
    ParityStep("get mp drift missing -o name"),
    ParityStep("delete mp missing"),
    ParityStep("delete mp missing --ignore-not-found"),
    ParityStep("delete mp drift --dry-run=server"),
    ParityStep("delete mp -l tier=one"),
    ParityStep("patch mp income --type=merge -p '{\"metadata\":{\"finalizers\":[\"test.dev/wait\"]}}'"),
    ParityStep("delete mp income --wait=false"),
    ParityStep("get mp income -o jsonpath={.metadata.finalizers}/{.metadata.deletionGracePeriodSeconds}"),
    ParityStep("patch mp income --type=merge -p '{\"metadata\":{\"finalizers\":null}}'"),
    ParityStep("get mp"),
    ParityStep("delete -f -", input: sample("income.yaml")),
    ParityStep("get md"),
  ]

  private static let workloads: [ParityStep] = [
    ParityStep("apply -f -", input: deployment),
    ParityStep("apply -f -", input: service),
    ParityStep("wait --for=condition=Available deployment/web --timeout=90s"),
    ParityStep("rollout status deployment/web --timeout=60s"),
    ParityStep("get deployment web"),
    ParityStep("get deployment web -o wide"),
    ParityStep("get service web"),
    ParityStep("get replicasets -l app=web"),
    ParityStep("get pods -l app=web"),
    ParityStep("get deployment web -o yaml", allowing: zeroTime),
    ParityStep(
      "get deployment web -o 'jsonpath={.metadata.managedFields[?(@.manager==\"kubectl-client-side-apply\")].fieldsV1}'",
      allowing: ownership),
    ParityStep("describe deployment web", allowing: scalingEvent),
    ParityStep(
      "get events --field-selector reason=ScalingReplicaSet,involvedObject.name=web -o jsonpath={.items[*].message}",
      allowing: scalingEvent),
    ParityStep("apply -f -", input: deployment),
    ParityStep("describe service web", allowing: describedService),
    ParityStep("get endpoints web"),
    ParityStep(
      "apply -f -", input: deployment.replacing("replicas: 1", with: "copies: 1"), allowing: unknownField),
    ParityStep("replace -f -", input: deployment.replacing("replicas: 1", with: "replicas: many"), allowing: wrongType),
    ParityStep(
      "replace -f -", input: deployment.replacing("app: web}}\n    spec", with: "app: x}}\n    spec"),
      allowing: goValues),
    ParityStep("set env deployment/web --list"),
    ParityStep("diff -f -", input: deployment.replacing("replicas: 1", with: "replicas: 2")),
    ParityStep("scale deployment web --replicas=2"),
    ParityStep("wait '--for=jsonpath={.status.readyReplicas}=2' deployment/web --timeout=60s"),
    ParityStep("scale deployment web --replicas=3 --current-replicas=1"),
    ParityStep("get pods -l app=web -o jsonpath={.items[*].status.phase}"),
    ParityStep("patch deployment web -p '{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"x\":\"1\"}}}}}'"),
    ParityStep("wait '--for=jsonpath={.status.observedGeneration}=3' deployment/web --timeout=60s"),
    ParityStep("rollout history deployment/web"),
    ParityStep(
      "patch deployment web -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"server\",\"env\":[{\"name\":\"A\",\"value\":\"1\"}]}]}}}}'"
    ),
    ParityStep("get deployment web -o jsonpath={.spec.template.spec.containers[*].env[*].name}"),
    ParityStep(
      "patch deployment web -p '{\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"other\"}}}}'", allowing: goValues),
    ParityStep("patch deployment web --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":-1}]'"),
    ParityStep("rollout undo deployment/web --to-revision=1"),
    ParityStep("rollout undo deployment/web --to-revision=9"),
    ParityStep("rollout restart deployment/web"),
    ParityStep("rollout history deployment/web"),
    ParityStep("rollout pause deployment/web"),
    ParityStep("rollout resume deployment/web"),
    ParityStep("scale deployment web --replicas=0"),
    ParityStep("wait --for=delete pod -l app=web --timeout=300s"),
    ParityStep("rollout status deployment/web --timeout=60s"),
    ParityStep("delete deployment web"),
    ParityStep("delete service web"),
  ]

  private static let jobs: [ParityStep] = [
    ParityStep("apply -f -", input: job("once", "--help")),
    ParityStep("wait --for=condition=Complete job/once --timeout=60s"),
    ParityStep("logs job/once"),
    ParityStep("logs job/once --tail=2"),
    ParityStep("logs job/once --follow --limit-bytes=20"),
    ParityStep("logs -l job-name=once --prefix --tail=1"),
    ParityStep("logs job/once --previous"),
    ParityStep("logs job/missing"),
    ParityStep("describe job once", allowing: describedJob),
    ParityStep("logs job/once -c nothing"),
    ParityStep("get job once -o jsonpath={.status.succeeded}/{.status.failed}/{.status.active}"),
    ParityStep("get pods -l job-name=once -o jsonpath={.items[*].status.phase}"),
    ParityStep("patch job once --type=merge -p '{\"spec\":{\"completions\":3}}'"),
    ParityStep("apply -f -", input: job("wrong", "nonsense")),
    ParityStep("wait --for=condition=Failed job/wrong --timeout=60s"),
    ParityStep("logs job/wrong"),
    ParityStep("get job wrong -o 'jsonpath={.status.failed}{.status.conditions[?(@.type==\"Failed\")].reason}'"),
    ParityStep(
      "get pods -l job-name=wrong -o jsonpath={.items[*].status.phase}{.items[*].status.containerStatuses[*].state.terminated.exitCode}"
    ),
    ParityStep("delete job once wrong"),
    ParityStep("get jobs"),
  ]
}
