import Artifacts
import WorkerContract

/// What a source in S3 is read with: variables as `S3Bucket` takes them.
struct SourceCredentials {
  /// Named `AWS_*`.
  var variables: [String: String]
  /// They were given for this source. Else they are the pod's, which are the artifact store's or a template's.
  var areOwn: Bool

  /// The source's own credentials where it has some, else the pod's `AWS_*`.
  ///
  /// Endpoint and region of the pod belong to the artifact store where the pod has a key for it. Only where it has none
  /// do they hold for a source with a key of its own.
  init(of source: SourceVariables, in environment: [String: String]) {
    var own: [String: String] = [:]
    for variable in S3Variable.allCases { own[variable.rawValue] = environment[source.s3(variable)] }
    func isGiven(_ text: String?) -> Bool { text?.contains { !$0.isWhitespace } ?? false }
    areOwn = isGiven(own[S3Variable.accessKey.rawValue])
    guard areOwn else {
      variables = environment
      return
    }
    if !isGiven(environment[S3Variable.accessKey.rawValue]) {
      for place in [S3Variable.endpoint.rawValue, S3Variable.region.rawValue, "AWS_DEFAULT_REGION"]
      where !isGiven(own[place]) { own[place] = environment[place] }
    }
    variables = own
  }

  /// Endpoint and region without a key: for what everybody may read.
  var anonymous: [String: String] {
    variables.filter { name, _ in
      ![S3Variable.accessKey, .secretKey, .sessionToken].map(\.rawValue).contains(name)
    }
  }
}
