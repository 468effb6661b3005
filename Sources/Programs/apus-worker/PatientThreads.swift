import Foundation

/// XGBoost's threads wait for each other by spinning, which is fastest on an idle machine and, measured here, ten times slower
/// than sleeping on a busy one or under a CPU limit. OpenMP reads how to wait when its library is loaded, before `main`,
/// so the only way to tell it is to begin again.
enum PatientThreads {
  private static let variable = "OMP_WAIT_POLICY"

  /// Replaces the process by itself, with threads that sleep while they wait, unless the variable is set already. Where
  /// that fails the program goes on as it is.
  static func ensure() {
    guard getenv(variable) == nil, setenv(variable, "passive", 1) == 0 else { return }
    var arguments = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    execv("/proc/self/exe", arguments)
    for argument in arguments { free(argument) }
  }
}
