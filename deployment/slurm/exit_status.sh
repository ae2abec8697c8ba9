# Read by each job before its tool runs. Galaxy takes a job that left no exit status for one that went well, and so one
# that Slurm ended as a whole for its time limit would end green. Until the tool's own status is there, it is 1.
exit_status="$_GALAXY_JOB_DIR/galaxy_${_GALAXY_JOB_DIR##*/}.ec"
if [ -d "$_GALAXY_JOB_DIR" ] && [ ! -e "$exit_status" ]; then
    echo 1 > "$exit_status"
fi
unset exit_status
