/// Differences that are meant. Almost all are the age of the real server: it is a Kubernetes 1.20, the local cluster speaks
/// as 1.32 does.
extension ParityStep {
  /// 1.20 has no OpenAPI v3, so kubectl explains from v2: another layout, the group inside the version, no enums.
  static let explanation = [
    Allowance(why: "the group stands apart", pattern: #"(?m)^GROUP: .*\n"#, replacement: ""),
    Allowance(why: "the group stands apart", pattern: #"(VERSION: +)apus\.dev/"#, replacement: "$1"),
    Allowance(why: "a member with members is a resource", pattern: #"(?m)^RESOURCE:"#, replacement: "FIELD:"),
    Allowance(why: "v2 tells no enums", pattern: #"(?m)^ *enum: .*\n"#, replacement: ""),
    Allowance(why: "v3 tells the name of a type", pattern: "<ObjectMeta>", replacement: "<Object>"),
    Allowance(why: "other widths of lines", pattern: #"\s+"#, replacement: " "),
  ]

  static let failedExplanation =
    explanation + [
      Allowance(
        why: "from v3, the head is written before the field is looked for",
        pattern: #"^KIND: ModelDeployment VERSION: v1alpha1 $"#, replacement: "")
    ]

  static let builtInExplanation =
    explanation + [
      Allowance(
        why: "of built-in types the local cluster has only the first sentence of each text",
        pattern: #"(DESCRIPTION: [^.]*\.) .*"#, replacement: "$1 ")
    ]

  static let operators = [
    Allowance(
      why: "1.20 listed the operators otherwise", pattern: #"expected: '=', '!=', '==', 'in', notin'"#,
      replacement: "expected: in, notin, =, ==, !=, gt, lt")
  ]

  static let describedJob = [
    Allowance(
      why: "labels of a Job's pods have the longer names too since 1.27",
      pattern: #"batch\.kubernetes\.io/controller-uid=\S+\s+batch\.kubernetes\.io/job-name=once\s+"#, replacement: ""),
    Allowance(
      why: "since 1.27 Jobs select by the longer name", pattern: #"(Selector: +)batch\.kubernetes\.io/"#,
      replacement: "$1"),
    Allowance(
      why: "members since 1.21", pattern: #"(?m)^(Completion Mode|Suspend): .*\n"#, replacement: ""),
    Allowance(why: "counted since 1.24", pattern: #" \(0 Ready\)"#, replacement: ""),
  ]

  static let describedService = [
    Allowance(
      why: "1.20 has one family of addresses, and endpoint slices only as a beta that kubectl no longer reads",
      pattern: #"(?m)^(IP Family Policy|IP Families|Endpoints|Internal Traffic Policy): .*\n"#, replacement: "")
  ]

  /// Since 1.25 kubectl leaves it to the server to find fields that do not exist, and values of another type.
  static let unknownField = [
    Allowance(
      why: "said by the server", pattern: #"(?s)^.*unknown field "spec\.copies".*$"#,
      replacement: "unknown field copies"),
    Allowance(
      why: "said by kubectl", pattern: #"(?s)^.*ValidationError\(Deployment\.spec\): unknown field "copies".*$"#,
      replacement: "unknown field copies"),
  ]

  static let wrongType = [
    Allowance(
      why: "said by the server", pattern: #"(?s)^.*cannot unmarshal string into .*spec\.replicas of type int32.*$"#,
      replacement: "replicas is no string"),
    Allowance(
      why: "said by kubectl",
      pattern: #"(?s)^.*ValidationError\(Deployment\.spec\.replicas\): .* got "string", expected "integer".*$"#,
      replacement: "replicas is no string"),
  ]

  static let zeroTime = [
    Allowance(
      why: "a template's time that nobody set was written as null until 1.34", pattern: #" *creationTimestamp: null\n"#,
      replacement: "")
  ]

  static let scalingEvent = [
    Allowance(
      why: "since 1.26 the event tells the count before", pattern: #" from \d+ to (\d+)"#, replacement: " to $1")
  ]

  /// 1.20 owns these field by field, or as a whole, where later versions do otherwise.
  static let ownership = [
    Allowance(
      why: "fieldRef is atomic since 1.22",
      pattern: #""f:fieldRef":\{"\.":\{\},"f:apiVersion":\{\},"f:fieldPath":\{\}\}"#, replacement: #""f:fieldRef":{}"#),
    Allowance(
      why: "1.20 owns a custom resource's list map as a whole", pattern: #""f:features":\{.*\},"f:primaryKey""#,
      replacement: #""f:features":{},"f:primaryKey""#),
  ]

  /// Go's own form of a value in messages, JSON in later versions.
  static let goValues = [
    Allowance(why: "Go's form of a map", pattern: #"map\[string\]string(\{[^}]*\})"#, replacement: "$1"),
    Allowance(
      why: "Go's form of a selector",
      pattern: #"v1\.LabelSelector\{MatchLabels:(\{[^}]*\}), MatchExpressions:[^}]*\(nil\)\}"#,
      replacement: #"{"matchLabels":$1}"#),
  ]

  /// Servers with CEL add that rules were not checked where the object does not even fit its schema.
  static let uncheckedRules = [
    Allowance(
      why: "rules that were not checked are named since 1.25",
      pattern:
        #"(?s) is invalid: *\n\* ([^\n]*)\n\* <nil>: Invalid value: "?null"?: some validation rules were not checked[^\n]*"#,
      replacement: " is invalid: $1")
  ]
}
