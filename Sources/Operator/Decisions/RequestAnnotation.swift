/// The longest value that a status keeps (`status.handled`), in Unicode scalars: what the API server counts.
private let longestRequest = 1_024

extension [String: String] {
  /// The value of an annotation by which people ask for something; nil where it is not set.
  ///
  /// A status keeps it as handled, and the API server would refuse every status with a longer one than its schema allows: values
  /// count by their first 1,024 Unicode scalars.
  func request(_ annotation: String) -> String? {
    self[annotation].map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(longestRequest))) }
  }
}
