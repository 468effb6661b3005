import KubernetesModel
import WorkerContract

/// Which variables of a pod come from which Secrets. The kubelet reads the Secrets; the operator never sees their values.
///
/// The artifact store has the plain `AWS_*`, the same in workers, checks and servers. Each source has variables of its own
/// (`SourceVariables`).
enum PodCredentials {
  static func variable(
    _ name: String, secret: String, key: String, isOptional: Bool = false
  ) -> EnvironmentVariable {
    EnvironmentVariable(
      name: name, valueFrom: .secret(KeyReference(name: secret, key: key, optional: isOptional ? true : nil)))
  }

  /// What every pod needs to open artifacts in S3. Without a Secret, credentials are left to the templates.
  static func store(_ storage: OperatorSettings.Storage) -> [EnvironmentVariable] {
    guard storage.isInS3 else { return [] }
    let given: [S3Variable: String] = [.endpoint: storage.s3.endpoint, .region: storage.s3.region].compactMapValues(
      \.self)
    return S3Variable.allCases.compactMap { variable in
      if let value = given[variable] { return EnvironmentVariable(name: variable.rawValue, value: value) }
      return storage.s3.secret.map {
        Self.variable(
          variable.rawValue, secret: $0, key: variable.rawValue, isOptional: !variable.isRequired)
      }
    }
  }

  /// What a training needs to read its sources.
  static func sources(_ run: TrainingRun, _ storage: OperatorSettings.Storage) -> [EnvironmentVariable] {
    let sources: [(names: SourceVariables, source: DataSource?)] = [
      (.source, run.source), (.testSource, run.split.testSource),
    ]
    var variables: [EnvironmentVariable] = []
    for (names, source) in sources {
      if let reference = source?.postgres?.connectionSecretRef {
        variables.append(variable(names.postgresURL, secret: reference.name, key: reference.key))
      }
      let other = names == .source ? run.split.testSource : run.source
      if let secret = source.flatMap({ s3Secret(of: $0, beside: other) }) {
        variables += S3Variable.allCases.map {
          variable(names.s3($0), secret: secret, key: $0.rawValue, isOptional: !$0.isRequired)
        }
      }
    }
    return variables + (run.algorithm.custom == nil ? [] : olderNames(sources.compactMap(\.source), storage))
  }

  /// A source's own Secret; a source that names none shares that of the other one at the same endpoint.
  private static func s3Secret(of source: DataSource, beside other: DataSource?) -> String? {
    guard source.s3 != nil || source.csv?.uri.hasPrefix("s3://") == true else { return nil }
    if let own = source.s3?.credentialsSecretRef { return own.name }
    guard let other = other?.s3, other.endpoint == source.s3?.endpoint else { return nil }
    return other.credentialsSecretRef?.name
  }

  /// Trainer images were once given both sources' credentials by one name. They keep that name where it can mean but one
  /// thing: `AWS_*` where it is not the artifact store's, and where the sources name one Secret.
  private static func olderNames(_ sources: [DataSource], _ storage: OperatorSettings.Storage) -> [EnvironmentVariable]
  {
    var variables: [EnvironmentVariable] = []
    if sources.first?.postgres == nil, let reference = sources.lazy.compactMap(\.postgres?.connectionSecretRef).first {
      variables.append(variable(SourceVariables.source.postgresURL, secret: reference.name, key: reference.key))
    }
    let secrets = Set(sources.compactMap(\.s3?.credentialsSecretRef?.name))
    if !storage.isInS3, secrets.count == 1, let secret = secrets.first {
      variables += S3Variable.allCases.filter { $0.isRequired || $0 == .sessionToken }.map {
        variable($0.rawValue, secret: secret, key: $0.rawValue, isOptional: !$0.isRequired)
      }
    }
    return variables
  }
}
